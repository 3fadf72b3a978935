"""Which difference between models made the difference in accuracy: what comparisons with controls say."""

from collections.abc import Mapping, Sequence
from typing import Any

from configs.schema import Training
from model.comparison.verdict import SAME_COST, Entry, Models
from model.report.words import digits_for, points

Settings = Mapping[str, Mapping[str, Any]]  # of each model: what it is and how it is trained, by key

SHARED = ("units", "dropout", "batch_normalization")  # keys of dense and convolutional networks
EQUAL = {"parameters": "as many parameters", "flops_per_image": "as much arithmetic"}


def explain_differences(settings: Settings, comparisons: Sequence[Entry], models: Models) -> list[Entry]:
    """Say what follows from comparisons of models that differ in one thing.

    Roles follow from the settings, never from names. Two models that differ in one setting show what this
    one does. A dense network as large as one with convolutions, or with as much arithmetic, shows how much
    of the latter's lead is not owed to size.

    Args:
        settings: of every model compared, all keys of its network and of its training.
        comparisons: report.json's.
        models: report.json's.

    Returns:
        report.json's `why`: {"baseline", "candidate", "setting", "values" of both, "words"}; of a dense
        network and one with convolutions also "equal" (which of their costs are), "share_of_lead" (of the
        lead over the dense network that is otherwise alike, what is left; None where one of both is not
        clear) and "recipe_differs" (the keys of their trainings that differ, which the words name, too).
        Empty for a single comparison, whose verdict says it all.
    """
    if len(comparisons) < 2:
        return []
    leads = [_lead(comparison, settings) for comparison in comparisons]
    plain = next((lead for lead in leads if lead and lead["alike"]), None)
    found: list[Entry] = []
    for comparison, lead in zip(comparisons, leads, strict=True):
        pair = {key: comparison[key] for key in ("baseline", "candidate")}
        one, other = (settings[name] for name in pair.values())
        differing = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        entry: Entry | None = None
        if lead is not None:
            setting, entry = "architecture", _of_size(lead, plain, models, settings)
        elif len(differing) == 1:
            [setting] = differing
            entry = {"words": _of_setting(comparison, setting, one[setting], other[setting])}
        if entry is not None:
            found.append({**pair, "setting": setting, "values": [one[setting], other[setting]], **entry})
    return found


def _lead(comparison: Entry, settings: Settings) -> Entry | None:
    """The comparison of a dense network and one with convolutions, as the lead of the latter."""
    baseline, candidate = comparison["baseline"], comparison["candidate"]
    architectures = settings[baseline]["architecture"], settings[candidate]["architecture"]
    if set(architectures) != {"dense", "cnn"}:
        return None
    lead = comparison if architectures[1] == "cnn" else _reversed(comparison)
    alike = all(settings[baseline][key] == settings[candidate][key] for key in SHARED)
    return {**lead, "alike": alike}


def _reversed(comparison: Entry) -> Entry:
    """A comparison seen from its baseline."""
    low, high = comparison["interval"]
    names = {"baseline": comparison["candidate"], "candidate": comparison["baseline"]}
    return {**comparison, **names, "difference": -comparison["difference"], "interval": [-high, -low]}


def _of_size(lead: Entry, plain: Entry | None, models: Models, settings: Settings) -> Entry | None:
    """How much of a lead is left where size or arithmetic are equal; None where neither is."""
    costs = [[models[lead[role]][key] for role in ("baseline", "candidate")] for key in EQUAL]
    equal = [key for key, both in zip(EQUAL, costs, strict=True) if max(both) <= SAME_COST * min(both)]
    if not equal and lead is not plain:
        return None
    alike = f"With {' and '.join(EQUAL[key] for key in equal)}, but without" if equal else "Without"
    share, of_lead = None, ""
    if plain is not None and lead is not plain and min(lead["interval"][0], plain["interval"][0]) > 0:
        share = lead["difference"] / plain["difference"]
        about = f"about {10 * round(10 * share)} %" if share >= 0.05 else "less than a tenth"
        of_lead = f", {about} of its lead over {plain['baseline']}"
    recipe = _recipe_differs(settings[lead["baseline"]], settings[lead["candidate"]])
    also = f"; {lead['baseline']} is also trained otherwise ({', '.join(recipe.values())})" if recipe else ""
    words = f"{alike} convolutions: {_outcome(lead, of_lead)}{also}."
    return {"equal": equal, "share_of_lead": share, "recipe_differs": list(recipe), "words": words}


def _recipe_differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, str]:
    """The training keys in which two models differ, each with both values in words."""
    told = {}
    for key in Training.model_fields:
        if one[key] != other[key]:
            value = _shown(one[key])
            what = {"epochs": f"{value} epoch{'s' * (one[key] != 1)}", "batch_size": f"batches of {value}"}
            told[key] = f"{what.get(key, f'{_shown(key)} {value}')} against {_shown(other[key])}"
    return told


def _of_setting(comparison: Entry, setting: str, one: Any, other: Any) -> str:
    """What the one setting does in which two models differ."""
    differ = "differ" if setting.endswith("s") else "differs"
    what = f"Only {_shown(setting)} {differ} ({_shown(one)} against {_shown(other)})"
    return f"{what}: {_outcome(_reversed(comparison))}."


def _outcome(lead: Entry, of_lead: str = "") -> str:
    """Who is ahead by how many points, in a clause, and what share of another lead a clear lead is."""
    one, other = lead["candidate"], lead["baseline"]
    low, high = lead["interval"]
    digits = digits_for((low, high))
    caution = "; another seed may differ" if lead["over"] == "images" else ""
    if low <= 0 <= high:
        return (
            f"no difference can be seen between {one} and {other}, and anything from {points(low, digits)} "
            f"points behind to {points(high, digits)} ahead fits{caution}"
        )
    ahead, behind, share = (one, other, of_lead) if low > 0 else (other, one, "")
    ends = " to ".join(points(end, digits) for end in sorted((low, high), key=abs))
    size = f"{points(lead['difference'], digits)} points ({ends})"
    return f"{ahead} is ahead of {behind} by {size}{share}{caution}"


def _shown(value: Any) -> str:
    """A key or a value of a config in a sentence."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value).replace("_", " ")

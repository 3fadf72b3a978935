"""Which difference between models made the difference in accuracy: what comparisons with controls say."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.verdict import SAME_COST, Entry, Models

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
        network and one with convolutions also "equal" (which of their costs are) and "share_of_lead" (of the
        lead over the dense network that is otherwise alike, what is left; None where that is not clear).
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
            setting, entry = "architecture", _of_size(lead, plain, models)
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


def _of_size(lead: Entry, plain: Entry | None, models: Models) -> Entry | None:
    """How much of a lead is left where size or arithmetic are equal; None where neither is."""
    costs = [[models[lead[role]][key] for role in ("baseline", "candidate")] for key in EQUAL]
    equal = [key for key, both in zip(EQUAL, costs, strict=True) if max(both) <= SAME_COST * min(both)]
    if not equal and lead is not plain:
        return None
    alike = f"With {' and '.join(EQUAL[key] for key in equal)}, but without" if equal else "Without"
    share, of_lead = None, ""
    if plain is not None and lead is not plain and plain["interval"][0] > 0:
        share = lead["difference"] / plain["difference"]
        of_lead = f", {100 * share:.0f} % of its lead over {plain['baseline']}"
    words = f"{alike} convolutions: {_outcome(lead, of_lead)}."
    return {"equal": equal, "share_of_lead": share, "words": words}


def _of_setting(comparison: Entry, setting: str, one: Any, other: Any) -> str:
    """What the one setting does in which two models differ."""
    differ = "differ" if setting.endswith("s") else "differs"
    what = f"Only {_shown(setting)} {differ} ({_shown(one)} against {_shown(other)})"
    return f"{what}: {_outcome(_reversed(comparison))}."


def _outcome(lead: Entry, of_lead: str = "") -> str:
    """Who is ahead by how many points, in a clause, and what share of another lead a clear lead is."""
    one, other = lead["candidate"], lead["baseline"]
    low, high = lead["interval"]
    digits = 1 if min(abs(low), abs(high)) >= 0.0005 else 2

    def points(difference: float) -> str:
        return f"{100 * abs(difference):.{digits}f}"

    caution = "; another seed may differ" if lead["over"] == "images" else ""
    if low <= 0 <= high:
        return (
            f"no difference can be seen between {one} and {other}, and anything from {points(low)} points "
            f"behind to {points(high)} ahead fits{caution}"
        )
    ahead, behind, share = (one, other, of_lead) if low > 0 else (other, one, "")
    ends = " to ".join(points(end) for end in sorted((low, high), key=abs))
    return f"{ahead} is ahead of {behind} by {points(lead['difference'])} points ({ends}){share}{caution}"


def _shown(value: Any) -> str:
    """A key or a value of a config in a sentence."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value).replace("_", " ")

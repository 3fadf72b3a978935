"""Which difference between models made the difference in accuracy: what comparisons with controls say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from configs.schema import Training
from model.comparison.records import Comparison, EqualSize, Models, OneSetting, Why
from model.comparison.together import by_luck
from model.comparison.verdict import SAME_COST
from model.report.words import digits_for, points

Settings = Mapping[str, Mapping[str, Any]]  # of each model: what it is and how it is trained, by key

SHARED = ("units", "dropout", "batch_normalization")  # keys of dense and convolutional networks
EQUAL = {"parameters": "as many parameters", "flops_per_image": "as much arithmetic"}


def explain_differences(settings: Settings, comparisons: Sequence[Comparison], models: Models) -> list[Why]:
    """Say what follows from comparisons, with the first model, of models that differ in one thing.

    Roles follow from the settings, never from names. Two models that differ in one setting show what this
    one does. A dense network as large as one with convolutions, or with as much arithmetic, shows how much
    of the latter's lead is not owed to size.

    `settings` are of every model compared, all keys of its network and of its training; of one that was
    trained elsewhere its architecture, which is "saved": nothing follows from comparisons with it. Nothing is
    said of a single comparison, whose verdict says it all.
    """
    known = [pair for pair in comparisons if "saved" not in _architectures(pair, settings)]
    if len(comparisons) < 2 or not known:
        return []
    comparisons = known
    leads = [_lead(comparison, settings) for comparison in comparisons]
    alike = [lead for lead in leads if lead and _alike(lead, settings)]
    plain = min(alike, key=lambda lead: _is_flipped(lead, settings), default=None)  # the first of equal ones
    found: list[Why | None] = []
    for comparison, lead in zip(comparisons, leads, strict=True):
        one, other = settings[comparison.baseline], settings[comparison.candidate]
        differing = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        if lead is not None:
            found.append(_of_size(comparison, lead, plain, models, settings))
        elif len(differing) == 1:
            found.append(_of_setting(comparison, differing[0], one[differing[0]], other[differing[0]]))
    return [entry for entry in found if entry is not None]


def _lead(comparison: Comparison, settings: Settings) -> Comparison | None:
    """The comparison of a dense network and one with convolutions, as the lead of the latter."""
    of_both = _architectures(comparison, settings)
    if set(of_both) != {"dense", "cnn"}:
        return None
    return comparison if of_both[1] == "cnn" else _reversed(comparison)


def _architectures(comparison: Comparison, settings: Settings) -> list[str]:
    return [settings[name]["architecture"] for name in (comparison.baseline, comparison.candidate)]


def _alike(lead: Comparison, settings: Settings) -> bool:
    """Whether they differ in nothing that both have: in convolutions, and in what takes convolutions."""
    one, other = settings[lead.baseline], settings[lead.candidate]
    return all(one[key] == other[key] for key in SHARED)


def _is_flipped(lead: Comparison, settings: Settings) -> bool:
    """Whether the one with convolutions is also asked about mirror images, which no dense network is."""
    return bool(settings[lead.candidate].get("flip_at_test"))


def _reversed(comparison: Comparison) -> Comparison:
    """A comparison seen from its baseline."""
    low, high = comparison.interval
    return replace(
        comparison,
        baseline=comparison.candidate,
        candidate=comparison.baseline,
        difference=-comparison.difference,
        interval=[-high, -low],
    )


def _of_size(
    comparison: Comparison, lead: Comparison, plain: Comparison | None, models: Models, settings: Settings
) -> EqualSize | None:
    """How much of a lead is left where size or arithmetic are equal; None where neither is."""
    both = models[lead.baseline], models[lead.candidate]
    costs = {key: [getattr(model, key) for model in both] for key in EQUAL}
    equal = [key for key, cost in costs.items() if max(cost) <= SAME_COST * min(cost)]
    if not equal and lead is not plain:
        return None
    alike = f"With {' and '.join(EQUAL[key] for key in equal)}, but without" if equal else "Without"
    share, of_lead = None, ""
    of_same = plain is not None and lead is not plain and lead.candidate == plain.candidate
    if plain is not None and of_same and _is_ahead(lead) and _is_ahead(plain):
        share = lead.difference / plain.difference
        tenths = round(10 * share)
        about = f"about {10 * tenths} %" if tenths else "less than a tenth"
        of_lead = f", {about} of its lead over {plain.baseline}"
    recipe = _recipe_differs(settings[lead.baseline], settings[lead.candidate])
    also = f"; {lead.baseline} is also trained otherwise ({', '.join(recipe.values())})" if recipe else ""
    asked = " and without asking about mirror images" if _is_flipped(lead, settings) else ""
    words = f"{alike} convolutions{asked}: {_outcome(lead, of_lead)}{also}."
    one, other = comparison.baseline, comparison.candidate
    values = [settings[name]["architecture"] for name in (one, other)]
    return EqualSize(one, other, "architecture", values, equal, share, list(recipe), words)


def _is_ahead(lead: Comparison) -> bool:
    """Whether what leads does so beyond doubt."""
    return lead.is_clear and lead.difference > 0


def _recipe_differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, str]:
    """The training keys in which two models differ, each with both values in words."""
    told = {}
    for key in Training.model_fields:
        if one[key] != other[key]:
            value = _shown(one[key])
            what = {"epochs": f"{value} epoch{'s' * (one[key] != 1)}", "batch_size": f"batches of {value}"}
            told[key] = f"{what.get(key, f'{_shown(key)} {value}')} against {_shown(other[key])}"
    return told


def _of_setting(comparison: Comparison, setting: str, one: Any, other: Any) -> OneSetting:
    """What the one setting does in which two models differ."""
    differ = "differ" if setting.endswith("s") else "differs"
    what = f"Only {_shown(setting)} {differ} ({_shown(one)} against {_shown(other)})"
    words = f"{what}: {_outcome(_reversed(comparison))}."
    return OneSetting(comparison.baseline, comparison.candidate, setting, [one, other], words)


def _outcome(lead: Comparison, of_lead: str = "") -> str:
    """Who is ahead by how many points, in a clause, and what share of another lead a clear lead is."""
    one, other = lead.candidate, lead.baseline
    low, high = lead.interval
    if not lead.is_clear and not low <= 0 <= high:
        return by_luck(lead)
    digits = digits_for((low, high))
    caution = "; another seed may differ" if lead.over == "images" else ""
    if low <= 0 <= high:
        return (
            f"no difference can be seen between {one} and {other}, and anything from {points(low, digits)} "
            f"points behind to {points(high, digits)} ahead fits{caution}"
        )
    ahead, behind, share = (one, other, of_lead) if low > 0 else (other, one, "")
    ends = " to ".join(points(end, digits) for end in sorted((low, high), key=abs))
    size = f"{points(lead.difference, digits)} points ({ends})"
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

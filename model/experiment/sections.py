"""The sections of the page, in their order, and which picture stands in which: by its file's name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from model.page.pictures import Shown
from model.report.figure import Figure


@dataclass(frozen=True)
class Section:
    """A part of the page: its id, which is its address, its title in the contents, its heading, a question.

    `in_front` are patterns of file names: of each the first picture stands in the open, the others that fit
    it, and those of `folded`, wait behind their titles; where there is none for the open, one of them is.
    `is_live`: the page's script has a part in it, that of `PARTS` in `page/scripts/main.js` with the same id.
    `needs_networks`: it shows nothing without a network.
    """

    id: str
    title: str
    question: str
    in_front: Sequence[str] = ()
    folded: Sequence[str] = ()
    is_live: bool = False
    needs_networks: bool = True


WHY = "why-*"
SECTIONS = (
    Section("result", "Result", "Which is better, and by how much?", ["1-at-a-glance", "2-accuracy"]),
    Section("one", "One picture", "What happens to one picture?", ["*-activations"], [WHY], True),
    Section("filters", "Filters", "What does the network look for?", ["*-filters"],
            ["*-passports*", "patterns-*", "wanted-*", "*-weights"], True),
    Section("worth", "What a filter is worth", "What changes without a filter?", ["keep-best"], is_live=True),
    Section("byhand", "By hand", "What is a convolution?", is_live=True, needs_networks=False),
    Section("classes", "Class by class", "Who is good at which class?", ["4-confusion"]),
    Section("differ", "Where they differ", "Which pictures does only one get right?",
            ["9-disagreements", "5-mistakes"], is_live=True, needs_networks=False),
    Section("strain", "Under strain", "What if the picture is shifted, turned, blurred?",
            ["robustness-shift"], ["robustness-*"], True),
    Section("learning", "Learning and cost", "Was it worth it?", ["3-learning"], ["6-calibration"]),
    Section("limits", "Limits", "What does this not show?"),
    Section("made", "How it was made", "Can I have the same?", folded=["*"]),
)  # fmt: skip


TAKEN = ("conv*-activations", "conv*-filters", "conv*-passports*")  # pictures whose place the script takes
BESIDE = ("5-mistakes", "9-disagreements", "robustness-*")  # and those that it leaves folded


@dataclass
class Filled:
    """A section with its pictures: in the open, and folded by model ("" for those of all).

    `first` is the one whose title answers the question of the section, be it in the page or not: by the first
    pattern of those in front that fits one.
    """

    section: Section
    first: Shown | None = None
    front: list[Shown] = field(default_factory=list)
    folded: dict[str, list[Shown]] = field(default_factory=dict)

    @property
    def explained(self) -> bool:
        """Whether it has pictures of why, which have to be explained."""
        return any(_is_one_of([WHY], one.figure) for one in self.pictures)

    @property
    def pictures(self) -> list[Shown]:
        """All of them, those in the open first."""
        return [*self.front, *(one for some in self.folded.values() for one in some)]


def filled(
    figures: Sequence[Figure],
    inside: Mapping[str, Sequence[Figure]],
    order: Sequence[str],
    folder: Path,
    live: Collection[str] = (),
    drawn: Collection[str] = (),
) -> list[Filled]:
    """Put every picture into its section.

    `figures` are of all models, `inside` those of each; `order` says which model comes first. `folder` is
    that of the page. Where the page's script has a part in a section (`live` are their ids), less is in the
    open; of the models `drawn` it shows filters and maps itself, and their pictures are left out.
    """
    of_all = [(figure, "") for figure in figures]
    of_models = [(figure, model) for model in dict.fromkeys(order) for figure in inside.get(model, ())]
    found = {section.id: Filled(section) for section in SECTIONS}
    taken: dict[str, Shown] = {}  # by pattern, what it has put into the open
    for figure, model in [*of_all, *of_models]:
        one = Shown(figure, figure.path.relative_to(folder).as_posix(), model)
        pattern, section = _place(figure.path.stem)
        part, is_first = found[section.id], pattern in section.in_front and pattern not in taken
        taken |= {pattern: one} if is_first else {}
        beside = section.id in live and _is_one_of(BESIDE, figure)
        if figure.fault or model not in drawn or not _is_one_of(TAKEN, figure):
            (part.front if is_first and not beside else part.folded.setdefault(model, [])).append(one)
    for part in found.values():
        firsts = (taken[pattern] for pattern in part.section.in_front if pattern in taken)
        part.first = next((one for one in firsts if not one.figure.fault), None)
        sound = [(one, some) for some in part.folded.values() for one in some if not one.figure.fault]
        if sound and not part.first and part.section.id != "made":
            part.first, some = sound[0]
            some.remove(part.first)
            part.front.append(part.first)
    return list(found.values())


def _is_one_of(patterns: Sequence[str], figure: Figure) -> bool:
    return any(fnmatch(figure.path.stem, pattern) for pattern in patterns)


def _place(name: str) -> tuple[str, Section]:
    """Where a picture belongs, by the first pattern that fits; the last section takes what none does."""
    return next(
        (pattern, section)
        for section in SECTIONS
        for pattern in (*section.in_front, *section.folded)
        if fnmatch(name, pattern)
    )

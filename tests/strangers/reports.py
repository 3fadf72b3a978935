# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""What the terminal and the reports say beside the verdict: the data, the table of the terminal, the limits."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from tests.strangers.elsewhere import claim_kind
from tests.strangers.evidence import Evidence, Model
from tests.strangers.grammar import DURATION, KINDS, NUMBER, Number, Said, agree, agree_share, claim, says
from tests.strangers.verdicts import LARGER, agree_ends, agree_names, clear_among_all, ways

REASONS = (
    "no better than guessing",
    "the same answer to every picture",
    "probabilities not finite",
    "not trained yet",
)
KINDS["reason"] = (
    "|".join(REASONS) + r"|(?:loss not finite at epoch \d+|its probabilities are not finite numbers);"
    " a lower learning_rate may help"
)
ELSEWHERE = ("elsewhere", "not known", "–")  # in place of what nobody has measured
PLACES = r"[\w.*]+(?:, [\w.*]+)*(?: and [\w.*]+)*(?: (?:in|of) (?:the |every )?[\w.]+)?"
KINDS["places"] = (
    rf"(?:models\.\*\.accuracy in report\.json; those of filters in {PLACES}|the \.json and \.npz files in \S+|{PLACES}(?:; {PLACES})*)"
)
KINDS["lacking"] = r"(?:(?:\"\d+\"|{cls})(?:, | and )?)+(?:\d+ more)?"
KINDS["with_them"] = r"(?:{model}) {n} % \({n} % with them\)(?:, (?:{model}) {n} % \({n} % with them\))*"
KINDS["wrongs"] = rf"(?:under 1|{NUMBER})(?: (?:under 1|{NUMBER}))*"
KINDS |= {"list": rf"{NUMBER}(?: {NUMBER})*", "pcts": rf"{NUMBER} %(?: {NUMBER} %)*"}
KINDS |= {
    "spans": rf"{NUMBER} to {NUMBER}(?: {NUMBER} to {NUMBER})*",
    "times": rf"{DURATION}(?: {DURATION})*",
}
KINDS |= {"works": rf"{NUMBER} MFLOP(?: {NUMBER} MFLOP)*"}


# The head of a run -----------------------------------------------------------------------------------------


@says(
    "ConvLens <name:run>: <models:text>, <k:n> <noun:trainings|training> each (<word:seeds|seed> <seeds:text>)"
)
def _(e: Evidence, at: Said, name: str, models: str, k: Number, noun: str, word: str, seeds: str) -> None:
    baseline, *others = e.models
    claim(models == (f"{baseline} against {', '.join(others)}" if others else baseline), "the models")
    claim(name == e.config["name"] and k == len(e.seeds), "name and number of trainings")
    all_of_them = ", ".join(map(str, e.seeds))
    claim(seeds in (all_of_them, f"{e.seeds[0]} to {e.seeds[-1]}"), f"the seeds are {all_of_them}")
    claim((noun == "training") == (word == "seed") == (k == 1), "one training, two trainings")


@says("data <title:text>, <source:text>: <train:n> train, <validation:n> validation, <test:n> test",
      "<title:text> (<source:text>): <train:n> training, <validation:n> validation and <test:n> test pictures",
      "<title:text>, <source:text>: <train:n> training, <validation:n> validation, <test:n> test pictures")  # fmt: skip
def _(
    e: Evidence, at: Said, title: str, source: str, train: Number, validation: Number, test: Number
) -> None:
    claim(title == e.data.title, f"the data are called {e.data.title}")
    agree("training pictures", train, len(e.splits[0]))
    agree("validation pictures", validation, len(e.splits[1]))
    agree("test pictures", test, e.num_test)


@says("machine <cores:n> <noun:cores|core>, <precision:word>: about <left:time>",
      "machine <cores:n> <noun:cores|core>, <precision:word>: about <left:time> (a quick look: configs/quick.yaml)")  # fmt: skip
def _(e: Evidence, at: Said, cores: Number, noun: str, precision: str, left: str) -> None:
    claim(cores >= 1 and precision.strip(",") in ("float32", "bfloat16"), "the machine")


@says("<m:model> seed <s:n> <k:n>/<all:n> validation <share:pct>, loss <loss:n>",
      "<m:model> seed <s:n> <k:n>/<all:n> validation <share:pct>, loss <loss:n> left: <left:time>")  # fmt: skip
def _(
    e: Evidence,
    at: Said,
    m: str,
    s: Number,
    k: Number,
    all: Number,
    share: Number,
    loss: Number,
    left: str = "",
) -> None:
    rows = e.models[m].histories[int(s)]
    row = rows[int(k) - 1]
    claim(row["epoch"] == k and all == e.recipe(m)["epochs"], "the epoch")
    agree_share("validation accuracy", share, row["val_accuracy"])
    agree("validation loss", loss, row["val_loss"])


LOOKS = "inspection|attribution"
DOING = "drawing|looking inside|perturbing|skipped: there is no sound model to look into"


@says(f"<m:model> <look:{LOOKS}> <doing:{DOING}>", f"<m:model> <look:{LOOKS}> <doing:{DOING}> left: <left:time>",
      f"<m:model> <kind:seed|file> <s:n> robustness <doing:{DOING}>", f"<m:model> <kind:seed|file> <s:n> robustness <doing:{DOING}> left: <left:time>")  # fmt: skip
def _(
    e: Evidence,
    at: Said,
    m: str,
    doing: str,
    look: str = "",
    kind: str = "",
    s: Number | None = None,
    left: str = "",
) -> None:
    if kind:
        claim_kind(e, kind, m)
    model = e.models[m]
    lost = not model.trained or model.trained[0] in model.faults or model.trained[0] != e.seeds[0]
    claim("skipped" not in doing or lost, "its first training is sound")


KINDS["rest"] = ".+"


@says("You guessed: <guess:rest>")
def _(e: Evidence, at: Said, guess: str) -> None:
    kept = json.loads((e.run / "guess.json").read_text(encoding="utf-8"))["guess"]
    claim(guess == kept, f"the guess is {kept}")


@says('note the guess here is "<kept:text>", and the first one stands: "<given:text>" is not kept',
      'note there is a result already, and a guess comes before it: "<given:text>" is not kept')  # fmt: skip
def _(e: Evidence, at: Said, given: str, kept: str = "") -> None:
    there = (e.run / "guess.json").exists()
    claim(there == bool(kept), "a guess is there" if there else "no guess is there")
    claim(given not in (e.run / "guess.json").read_text() if there else True, "it is kept")


@says(*(f"note <kind:files?|seeds?> <added:text> (?:is|are) added to <folder:word>, which has <was:text>{rest}"
        for rest in ("", "; the first is <first:n> now, and what is shown of the inside is of it")))  # fmt: skip
def _(
    e: Evidence, at: Said, kind: str, added: str, folder: str, was: str, first: Number | None = None
) -> None:
    new, before = ({int(seed) for seed in re.findall(r"\d+(?! more)", told)} for told in (added, was))
    claim(folder.rstrip(",").endswith(e.run.name), f"the run is {e.run}")
    claim(not new & before and new | before <= set(e.seeds), f"the seeds are {e.seeds}")
    claim(kind.endswith("s") == (len(new) > 1) and was.split()[0].rstrip("s") == kind.rstrip("s"), "how many")
    claim(" more" in added + was or new | before == set(e.seeds), f"the seeds are {e.seeds}")
    claim(first is None or (first == e.seeds[0] and e.seeds[0] in new), f"the first is {e.seeds[0]}")


# The table of the terminal ---------------------------------------------------------------------------------


@says("<names:text> right, of <n:n> test pictures <shares:pcts>")
def _(e: Evidence, at: Said, names: str, n: Number, shares: str) -> None:
    claim(names == " ".join(" ".join(name.split()) for name in e.scored), "the models")
    agree("test pictures", n, e.num_test)
    for model, share in zip(e.scored.values(), _split(shares, "%"), strict=True):
        agree_share(model.name, share, model.accuracy)


def _split(text: str, unit: str = "") -> list[Number]:
    return [Number(part) for part in text.split() if part != unit]


@says("of <n:n> validation pictures <shares:pcts>")
def _(e: Evidence, at: Said, n: Number, shares: str) -> None:
    agree("validation pictures", n, len(e.held_out[1]))
    for model, share in zip(e.scored.values(), _split(shares, "%"), strict=True):
        agree_share(model.name, share, model.validation)


@says("with <what:over> <ends:spans> (95 %)")
def _(e: Evidence, at: Said, what: str, ends: str) -> None:
    told = _split(ends, "to")
    for place, name in enumerate(e.scored):
        found = e.mean(name)
        claim((found.over == "images") == (what == "other test pictures"), "what may differ")
        agree_ends((told[2 * place], told[2 * place + 1]), found.low, found.high)


@says("wrong <counts:wrongs>", "parameters <parameters:list>", "parameters <parameters:list> (<inside:n> in convolutions)",
      "of these in convolutions <convolutions:list>")  # fmt: skip
def _(
    e: Evidence,
    at: Said,
    counts: str = "",
    parameters: str = "",
    inside: Number | None = None,
    convolutions: str = "",
) -> None:
    models = list(e.scored.values())
    if counts:
        agree_wrong(e, models, counts)
        return
    values: list[Any] = [model.first.parameters for model in models]
    if convolutions:
        values = [model.first.parameters_in_convolutions for model in models]
    for model, number, value in zip(models, _split(parameters or convolutions), values, strict=True):
        agree(model.name, number, value)
    if inside is not None:
        agree("in convolutions", inside, models[-1].first.parameters_in_convolutions)


@says("arithmetic per picture <work:works>", "training, per seed <seconds:times>")
def _(e: Evidence, at: Said, work: str = "", seconds: str = "") -> None:
    for model, number in zip(e.scored.values(), _split(work, "MFLOP"), strict=bool(work)):
        agree_work(number, model)
    if seconds:
        for model, text in zip(e.scored.values(), re.findall(DURATION, seconds), strict=True):
            agree_duration(text, model.seconds("train_seconds"))


def agree_wrong(e: Evidence, models: list[Model], told: str) -> None:
    """How many test pictures are wrong, on the mean of the seeds; what is under one is told so."""
    for model, text in zip(models, re.findall(rf"under 1|{NUMBER}", told), strict=True):
        wrong = (1 - model.accuracy) * e.num_test
        if text == "under 1":
            claim(0 < wrong < 0.5, f"{model.name} has {wrong:.3f} wrong")
        else:
            agree(model.name, Number(text), wrong)
            claim(text != "0" or wrong == 0, f"{model.name} has {wrong:.3f} wrong")


def agree_work(told: Number, model: Model) -> None:
    """Millions of additions and multiplications, which are never none."""
    claim(told > 0, f"{2 * model.first.multiply_adds:,} are not 0.0 million")
    agree("arithmetic", told, 2 * model.first.multiply_adds / 1e6)


def agree_duration(text: str, seconds: float | None) -> None:
    """Seconds, or hours, minutes and seconds, to the last one told."""
    if seconds is None or text in ELSEWHERE:
        claim(seconds is None and text in ELSEWHERE, f"{seconds} s")
        return
    units = {"h": 3600, "min": 60, "s": 1}
    parts = text.split()
    told = sum(Number(number) * units[unit] for number, unit in zip(parts[::2], parts[1::2], strict=True))
    half = Number(parts[-2]).half * units[parts[-1]]
    claim(
        abs(told - seconds) <= half * (1 + 1e-6) or (half > 1 and abs(told - seconds) <= 2 * half),
        f"{seconds} s",
    )


@says("right 95 % validation parameters MFLOP training")
def _(e: Evidence, at: Said) -> None:
    pass


@says("<m:model> <share:pct> <low:n> to <high:n> <validation:pct> <parameters:n> <work:n> <seconds:time>")
def _(
    e: Evidence, at: Said, m: str, share: Number, low: Number, high: Number, validation: Number,
    parameters: Number, work: Number, seconds: str,
) -> None:  # fmt: skip
    model, found = e.models[m], e.mean(m)
    agree_share("accuracy", share, model.accuracy)
    agree_ends((low, high), found.low, found.high)
    agree_share("validation accuracy", validation, model.validation)
    agree("parameters", parameters, model.first.parameters)
    agree_work(work, model)
    agree_duration(seconds, model.seconds("train_seconds"))


def claim_new(e: Evidence, what: str, singles: list[str]) -> None:
    """New trainings may differ where there are several; of networks from elsewhere nobody knows of seeds."""
    several = [name for name in e.scored if name not in singles]
    elsewhere = any(e.models[name].is_from_elsewhere for name in several)
    claim(("new trainings" in what) == elsewhere, f"several trainings have {several}")
    claim(("new seeds" in what) == (bool(several) and not elsewhere), "what may differ")


@says("of <n:n> test pictures; between, with <what:over> (95 %)")
def _(e: Evidence, at: Said, n: Number, what: str) -> None:
    agree("test pictures", n, e.num_test)
    singles = [name for name in e.scored if e.mean(name).over == "images"]
    claim(
        all(name in what for name in singles) or len(singles) == len(e.scored), f"single trainings: {singles}"
    )
    claim_new(e, what, singles)


# Where to look ---------------------------------------------------------------------------------------------


@says(
    "Look <folder:word>/report.html first picture: figures/1-at-a-glance.png",
    "Look <folder:word>/report.html",
)
def _(e: Evidence, at: Said, folder: str) -> None:
    claim((e.run / "report.html").exists() and folder.endswith(e.run.name), "the page is not there")
    claim(
        ("first picture" in at.text) == (e.run / "figures" / "1-at-a-glance.png").exists(),
        "the first picture",
    )


@says("Pictures give the numbers of the classes <which:text> and not their names: no font here has all characters of these, or they are written from right to left")  # fmt: skip
def _(e: Evidence, at: Said, which: str) -> None:
    lacking = [name for name in e.classes if not all(map(can_be_drawn, name))]
    told = [name for name in lacking if name in which]
    claim(told == lacking[: len(told)] and told, f"those that can't be drawn are {lacking}")


def can_be_drawn(character: str) -> bool:
    """Whether a font that is installed here has it, and it is not written from right to left."""
    from unicodedata import bidirectional

    from matplotlib.font_manager import fontManager, get_font

    if bidirectional(character) in ("R", "AL"):
        return False
    return any(get_font(font.fname).get_char_index(ord(character)) for font in fontManager.ttflist)


BY_HAND = " convolution and pooling by hand"
AGAIN = [" this again", " this again, and the layers"]


@says(f"Next python train.py lesson{BY_HAND}",
      *(f"Next python train.py lesson{BY_HAND} python train.py show{again}" for again in AGAIN),
      *(f"Next python train.py lesson --outputs <outputs:word>{by_hand}{show}"
        for by_hand in ("", BY_HAND)
        for show in ("", *(f" python train.py show <folder:word>{again}" for again in ("", *AGAIN)))))  # fmt: skip
def _(e: Evidence, at: Said, folder: str = "", outputs: str = "") -> None:
    # what the lesson says does not depend on a run: tests/lesson
    claim(not folder or folder.endswith(e.run.name), f"the run is {e.run}")
    claim(not folder or Path(folder).parent == Path(outputs), f"the run stands in {e.run.parent}")
    claim((at.where == "show") != ("train.py show" in at.text), "`show` leads to itself, or nothing to it")
    claim(
        "the layers" not in at.text or any(entry["layers"] for entry in e.report["models"].values()), "none"
    )


@says("Numbers: <places:places>", "Numbers, in the run folder: <places:places>")
def _(e: Evidence, at: Said, places: str) -> None:
    if "of filters" in places and not any(e.run.glob("*/inspection/passports.json")):
        places = places.partition(";")[0]  # nothing is said of filters where none were looked into
    for name in re.findall(r"\w+\.(?:json|npz|csv)", places):
        claim("comparison" in at.where or any(e.run.rglob(name)), f"there is no {name}")


@says("The picture stands in <file:word>")
def _(e: Evidence, at: Said, file: str) -> None:
    claim((e.run / file.removesuffix(".")).is_file(), f"there is no {file}")


@says("<name:run>", "report of <name:run>")
def _(e: Evidence, at: Said, name: str) -> None:
    claim(name == e.config["name"], f"the run is called {e.config['name']}")


@says(
    "1 is as much as another picture would change them (in brackets: those of an untrained network)",
    "F1",
    "F1 per class",
)
def _(e: Evidence, at: Said) -> None:
    pass  # says how a table is to be read


# What is to be known of the data ---------------------------------------------------------------------------


def _splits(e: Evidence) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pictures and labels by split."""
    train, validation = e.splits
    d = e.data
    return {
        "training": (d.train_images[train], d.train_labels[train]),
        "validation": (d.train_images[validation], d.train_labels[validation]),
        "test": (d.test_images, d.test_labels),
    }


def among(e: Evidence, split: str, earlier: str) -> np.ndarray:
    """Which pictures of a split are also in another, pixel by pixel."""
    one, other = (_splits(e)[name][0] for name in (split, earlier))
    return np.array([bool((other == picture).all(axis=(1, 2)).any()) for picture in one])


@says("<k:n> of <n:n> <split:test|validation> pictures <are:is|are> also among the <earlier:training|validation> pictures, equal in every pixel",
      "note <k:n> of <n:n> <split:test|validation> pictures <are:is|are> also among the <earlier:training|validation> pictures, equal in every pixel")  # fmt: skip
def _(e: Evidence, at: Said, k: Number, n: Number, split: str, are: str, earlier: str) -> None:
    found = among(e, split, earlier)
    agree("pictures", n, len(found))
    agree("those in both", k, int(found.sum()))
    claim((k == 1) == (are == "is"), "one is, two are")


@says("Not trained yet: <waiting:text>")
def _(e: Evidence, at: Said, waiting: str) -> None:
    seeds = e.config["seeds"]
    found = [f"{name} seed {s}" for name, m in e.models.items() for s in seeds if s not in m.trained]
    agree_names(waiting, found)


@says("No <split:test|validation> picture is of the <word:class|classes> <lacking:lacking>",
      "note No <split:test|validation> picture is of the <word:class|classes> <lacking:lacking>")  # fmt: skip
def _(e: Evidence, at: Said, split: str, word: str, lacking: str) -> None:
    labels = _splits(e)[split][1]
    found = [name for label, name in enumerate(e.classes) if not (labels == label).any()]
    agree_names(lacking, found)
    claim((word == "class") == (len(found) == 1), "one class, two classes")


@says("Right, without the test pictures that are also training pictures: <each:with_them>")
def _(e: Evidence, at: Said, each: str) -> None:
    new = ~among(e, "test", "training")
    claim(not new.all(), "none is")
    for name, model in e.scored.items():
        without = float(model.right[:, new].mean())
        near = {
            f"{name} {a} % ({b} % with them)" for a in ways(100 * without) for b in ways(100 * model.accuracy)
        }
        claim(any(text in each for text in near), f"{name} has {without:.4f}")


@says("No other test picture is left: how the models do on new ones can't be told")
def _(e: Evidence, at: Said) -> None:
    claim(among(e, "test", "training").all(), "there are others")


@says("Whether pictures of your own are still of their class when they are changed like this, nobody has checked:"
      " a line that rises, turned, may be one that falls")  # fmt: skip
def _(e: Evidence, at: Said) -> None:
    claim(not e.official and e.config["data"]["source"] != "lines", "these are known")


# The page --------------------------------------------------------------------------------------------------


@says("ConvLens · <name:run> · <title:run>, <n:n> test pictures")
def _(e: Evidence, at: Said, name: str, title: str, n: Number) -> None:
    claim(name == e.config["name"] and title == e.data.title, "the names")
    agree("test pictures", n, e.num_test)


@says("mean ± standard deviation of the trainings; the interval is 95 %, with <what:over>",
      "Right: of all test pictures, mean over trainings; the interval allows for <what:over>")  # fmt: skip
def _(e: Evidence, at: Said, what: str) -> None:
    singles = [name for name in e.scored if e.mean(name).over == "images"]
    claim_new(e, what, singles)
    if 0 < len(singles) < len(e.scored):
        claim(all(name in what for name in singles), f"single trainings: {singles}")


@says("A MFLOP is a million additions or multiplications, for one picture forward", "in 15 bins of equally many pictures",
      "The last two columns count test pictures, training by training, of the first five",
      "The last two columns count test pictures, training by training")  # fmt: skip
def _(e: Evidence, at: Said) -> None:
    claim("15 bins" not in at.text or e.num_test >= 15, "there are fewer pictures than bins")
    claim(
        ("first five" in at.text) == (len(e.seeds) > 5) or "training by training" not in at.text,
        "the trainings",
    )


@says("The interval beside each is of that class alone; bold is what stays clear when all <k:n> classes are tested at"
      " once, which asks for more")  # fmt: skip
def _(e: Evidence, at: Said, k: Number) -> None:
    agree("classes", k, len(e.classes))


@says("Inside <m:model>")
def _(e: Evidence, at: Said, m: str) -> None:
    claim(any((e.run / m / "inspection").iterdir()), "nothing is known of its inside")


@says(
    "<k:n> <noun:trainings|training> failed: which, and why",
    "<k:n> <noun:looks|look> inside failed: which, and why",
)
def _(e: Evidence, at: Said, k: Number, noun: str) -> None:
    failed = [(m.name, s) for m in e.models.values() for s in e.seeds if s not in m.trained or s in m.faults]
    claim(noun.startswith("look") or k == len(failed), f"failed: {failed}")


@says("<m:model>, <kind:kind> <s:n>: <why:reason>", "failed <m:model>, <kind:kind> <s:n>: <why:reason>")
def _(e: Evidence, at: Said, m: str, kind: str, s: Number, why: str) -> None:
    claim_kind(e, kind, m)
    model = e.models[m]
    claim(int(s) not in model.trained or model.faults.get(int(s), "").startswith(why), "it is sound")


# What the run does not show --------------------------------------------------------------------------------


@says("What another training would give: a model has one only")
def _(e: Evidence, at: Said) -> None:
    claim(any(e.difference(*pair).over == "images" for pair in e.pairs), "each has several")


@says("Why one model is better: these models differ in <what:size and arithmetic|size|arithmetic>, too")
def _(e: Evidence, at: Said, what: str) -> None:
    found = set[str]()
    for pair, clear in clear_among_all(e).items():
        lead = e.difference(*pair)
        if not clear or lead.over == "images":
            continue
        loser, winner = (e.models[name].first for name in (pair if lead.value > 0 else pair[::-1]))
        found |= {"size"} if winner.parameters >= LARGER * loser.parameters else set()
        found |= {"arithmetic"} if winner.multiply_adds >= LARGER * loser.multiply_adds else set()
    claim(set(what.split(" and ")) == found, f"they differ in {found}")


NEAR = "How they do on garments nobody has seen: about 6 % of the test pictures have a near-duplicate among the training"


@says(f"{NEAR} pictures (arXiv 1906.08255), and some labels are wrong",
      f"{NEAR} pictures (arXiv 1906.08255; none is equal in every pixel), and some labels are wrong")  # fmt: skip
def _(e: Evidence, at: Said) -> None:
    claim(e.official, "these are other pictures than Fashion-MNIST's")
    claim("none is equal" not in at.text or not among(e, "test", "training").any(), "some are equal")

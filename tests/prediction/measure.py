"""What README.md says of `predict`, measured: `python -m tests.prediction.measure RUN [PART ...]`.

RUN is a finished run of the default config, with the data at hand. A part's figures go into
outputs/reference/predict.json, with the command; those of other parts stay as they are. The sentences that
README.md has of them are printed.
"""

import argparse
import datetime
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from configs.digests import digest
from data.fashion_mnist import load
from data.likeness import LIKENESS, read_likeness
from data.own_pictures import read_own
from data.packing import PREPARATION
from data.pictures import BadPicture
from data.splits import Splits
from model.report.tables import duration
from model.report.words import names, percent
from model.run.folder import RunFolder
from tests.benchmark.machine import machine
from tests.benchmark.table import title
from tests.benchmark.watch import watch
from tests.prediction import kinds
from tests.prediction.kinds import Kind
from tests.prediction.search import flagged, search

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "outputs" / "reference" / "predict.json"
PICTURES, PAPER, SEED = 500, 200, 0  # test pictures that are changed, pixels of a JPEG a side
THINNED = 20  # one training picture of so many is enough to choose constants by, and quicker
EACH, OTHERS = 300, 600  # pictures of a kind, and of another draw that decides between constants
LAST = 4  # the draw that is reported; what was looked at before is of draws 0 and 1
LOOKED_AT: tuple[Kind, ...] = (kinds.noise, kinds.digits)
HELD_OUT: tuple[Kind, ...] = (kinds.pages, kinds.photographs, kinds.portrait, kinds.strips)
IN_WORDS = {
    "noise": "noise",
    "digits": "scikit-learn's digits",
    "pages": "pages of text",
    "photographs": "crops of scikit-learn's two photographs",
    "portrait": "crops of a portrait",
    "strips": "crops of any shape",
}


# What is changed in a picture ------------------------------------------------------------------------------


def as_it_is(pixels: np.ndarray, _: np.random.Generator) -> bytes:
    """With what the others are compared."""
    return _file(Image.fromarray(pixels), "PNG")


def padded(pixels: np.ndarray, random: np.random.Generator) -> bytes:
    """Somewhere on black, of 40 to 79 pixels a side."""
    height, width = random.integers(40, 80, 2)
    whole = np.zeros((height, width), np.uint8)
    top, left = (int(random.integers(0, side - 27)) for side in whole.shape)
    whole[top : top + 28, left : left + 28] = pixels
    return _file(Image.fromarray(whole), "PNG")


def enlarged(pixels: np.ndarray, _: np.random.Generator) -> bytes:
    """Four times as large, with soft edges."""
    return _file(Image.fromarray(pixels).resize((112, 112), Image.Resampling.BICUBIC), "PNG")


def on_paper(pixels: np.ndarray, _: np.random.Generator) -> bytes:
    """Dark on white, a JPEG of 200 x 200 pixels that it fills."""
    return _jpeg(pixels, PAPER)


def on_more_paper(pixels: np.ndarray, _: np.random.Generator) -> bytes:
    """Likewise, with white around it."""
    return _jpeg(pixels, 150)


def _jpeg(pixels: np.ndarray, side: int) -> bytes:
    whole, edge = Image.new("L", (PAPER, PAPER), 255), (PAPER - side) // 2
    whole.paste(Image.fromarray(255 - pixels).resize((side, side), Image.Resampling.BICUBIC), (edge, edge))
    return _file(whole, "JPEG", quality=75)


def _file(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


CHANGES = {change.__name__: change for change in (as_it_is, padded, enlarged, on_paper, on_more_paper)}


# The parts -------------------------------------------------------------------------------------------------


def agreement(run: RunFolder, data: Splits) -> dict[str, Any]:
    """Of the first test pictures, the share that keeps its class when changed, and by how much it moves."""
    random, images = np.random.default_rng(SEED), data.test.images[:PICTURES]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        for number, pixels in enumerate(images):
            for change, made in CHANGES.items():
                (folder / f"{number:03}-{change}.png").write_bytes(made(pixels, random))  # some are JPEG
        said = json.loads(_program("predict", run.path, folder, "--json", "--outputs", name))
    told = {Path(one["picture"]).stem: one["models"] for one in said["pictures"]}
    rows = {}
    for change in list(CHANGES)[1:]:
        rows[change] = {}
        for model in said["pictures"][0]["models"]:
            before = [told[f"{number:03}-as_it_is"][model] for number in range(PICTURES)]
            after = [told[f"{number:03}-{change}"][model] for number in range(PICTURES)]
            pairs = list(zip(before, after, strict=True))
            same = [one["label"] == other["label"] for one, other in pairs]
            moved = [abs(other["probabilities"][one["label"]] - one["probability"]) for one, other in pairs]
            rows[change][model] = {"same": _rounded(same), "moved": _rounded(moved)}
    return {"pictures": PICTURES, "changes": rows}


def unlike(run: RunFolder, data: Splits) -> dict[str, Any]:
    """The share called unlike the data: of test pictures, of kinds looked at, and of those held out."""
    images = (data.train.images, data.validation.images)
    looked_at = {kind.__name__: _prepared(kind, 0, EACH)[0] for kind in LOOKED_AT}
    other_draw = {kind.__name__: _prepared(kind, 1, OTHERS)[0] for kind in LOOKED_AT}
    found = search(images[0][::THINNED], images[1][::2], looked_at, other_draw)
    likeness = read_likeness(run.path / LIKENESS)
    last = {kind.__name__: _prepared(kind, LAST, EACH) for kind in (*LOOKED_AT, *HELD_OUT)}
    pictures = {"test": data.test.images, **{name: given for name, (given, _) in last.items()}}
    chosen = flagged(found["chosen"]["constants"], *images, pictures)
    rows = {
        name: {
            "pictures": len(given),
            "refused": last[name][1] if name in last else 0,
            "flagged": _rounded(likeness.distances(given) > likeness.limit),
            "by_the_chosen": _rounded(chosen[name]),
        }
        for name, given in pictures.items()
    }
    return {"search": found, "kinds": rows}


def times(run: RunFolder, data: Splits) -> dict[str, Any]:
    """Seconds and memory: of one picture, of a thousand, and of packing all that there are to train with."""
    with tempfile.TemporaryDirectory() as name:
        one, many, pack = (Path(name) / folder for folder in ("one", "many", "pack"))
        for number, pixels in enumerate(data.test.images[:1000]):
            _write(many / f"{number}.png", pixels)
        _write(one / "0.png", data.test.images[0])
        for split in (data.train, data.validation):
            for number, (pixels, label) in enumerate(zip(split.images, split.labels, strict=True)):
                _write(pack / str(label) / f"{len(split.labels)}-{number}.png", pixels)
        commands = {
            "one": ("predict", run.path, one, "--outputs", name),
            "thousand": ("predict", run.path, many, "--outputs", name),
            "pack": ("data", "--pack", pack, Path(name) / "packed"),
        }
        rows = {}
        for what, words in commands.items():
            with watch(what) as taken:
                _program(*words)
            if what == "pack":
                words = (*words[:-1], Path(name) / "again")
            with watch(f"{what}, its memory", memory=True) as looked:
                _program(*words)
            rows[what] = {
                "seconds": round(taken.seconds, 1),
                "others": round(taken.others, 3),
                "megabytes": round(looked.peak_bytes / 1e6),
            }
        made = json.loads((Path(name) / "packed" / PREPARATION).read_text(encoding="utf-8"))
    return {"machine": machine(), "packed": made["train"] + made["test"]} | rows


PARTS: dict[str, Callable[[RunFolder, Splits], dict[str, Any]]] = {
    part.__name__: part for part in (agreement, unlike, times)
}


def _prepared(kind: Kind, seed: int, number: int) -> tuple[np.ndarray, int]:
    """A draw of a kind as the networks get it, and how many were refused."""
    pixels, refused = [], 0
    for image in kind(seed, number):
        try:
            pixels.append(read_own(_file(image, "PNG")).pixels)
        except BadPicture:  # nothing stands out
            refused += 1
    return np.stack(pixels), refused


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_file(Image.fromarray(pixels), "PNG"))


def _program(*words: object) -> str:
    done = subprocess.run(
        [sys.executable, "train.py", *map(str, words)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def _rounded(values: Any) -> float:
    return round(float(np.mean(values)), 4)


# What README.md says of it ---------------------------------------------------------------------------------


def in_words(record: Mapping[str, Any]) -> list[str]:
    """The sentences of the parts that a record has."""
    told = {"agreement": _agreement_in_words, "unlike": _unlike_in_words, "times": _times_in_words}
    return [sentence for part, found in record["parts"].items() for sentence in told[part](found)]


def _agreement_in_words(found: Mapping[str, Any]) -> list[str]:
    changes = found["changes"]
    least = {change: min(one["same"] for one in models.values()) for change, models in changes.items()}
    most = max(one["moved"] for models in changes.values() for one in models.values())
    paper = min(least["on_paper"], least["on_more_paper"])
    return [
        f"Of {found['pictures']} test pictures at least {percent(least['padded'])} keep their class on a"
        f" larger black ground, {percent(least['enlarged'])} enlarged four times and {percent(paper)} as JPEG"
        f" on white; their probability moves by at most {100 * most:.1f} points on the mean."
    ]


def _unlike_in_words(found: Mapping[str, Any]) -> list[str]:
    rows, sought = found["kinds"], found["search"]
    first = (
        f"Called unlike the data are {percent(rows['test']['flagged'])} of the test pictures,"
        f" {_shares(rows, IN_WORDS, 'flagged')}."
    )
    if sought["chosen"]["constants"] == sought["used"]["constants"]:
        return [first, "The constants of this score come out the same by noise and digits alone."]
    held_out = [kind.__name__ for kind in HELD_OUT]
    return [
        first,
        "This score was found with text and photographs in view, too; with constants chosen by noise and"
        f" digits alone it would be {_shares(rows, held_out, 'by_the_chosen')}.",
    ]


def _times_in_words(found: Mapping[str, Any]) -> list[str]:
    one, many, pack = (found[what] for what in ("one", "thousand", "pack"))
    return [
        f"One picture takes {duration(one['seconds'])}, 1,000 take {duration(many['seconds'])} and"
        f" {many['megabytes'] / 1000:.1f} GB; {found['packed']:,} are packed in"
        f" {duration(pack['seconds'])} and {pack['megabytes'] / 1000:.1f} GB ({title(found['machine'])})."
    ]


def _shares(rows: Mapping[str, Any], kinds: Iterable[str], by: str) -> str:
    told = [f"{percent(rows[kind][by])} of {IN_WORDS[kind]}" for kind in kinds]
    return names(told, len(told))


def main() -> None:
    """Measure some parts, add them to the record and print its sentences."""
    parser = argparse.ArgumentParser(prog="python -m tests.prediction.measure", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--json", type=Path, metavar="FILE", default=RECORD)
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; expected any of {', '.join(PARTS)}")
    run = RunFolder(arguments.run.resolve())
    config = run.config()
    data = load(config.data)
    record = (
        json.loads(arguments.json.read_text(encoding="utf-8")) if arguments.json.exists() else {"parts": {}}
    )
    for name in arguments.parts or PARTS:
        record["parts"][name] = {
            "command": f"python -m tests.prediction.measure outputs/{run.path.name} {name}",
            "date": datetime.date.today().isoformat(),
            "config_digest": digest(config),
        } | PARTS[name](run, data)
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("\n".join(in_words(record)))


if __name__ == "__main__":
    main()

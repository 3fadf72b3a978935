"""What `export` says of networks and files that left: their sizes, and how they answer beside Keras's."""

import json
from pathlib import Path

import numpy as np

from tests.strangers.evidence import Evidence
from tests.strangers.grammar import KINDS, Number, Said, agree, claim, says
from tests.strangers.networks import UNSURE, Network, unsure

KINDS["ties"] = r"(?: but for [\d,]+ between two classes as likely)?"
KINDS["off"] = r"equal|about [\d.]+e[−+]\d+ apart at most"


@says("Look <path:word> <size:n> MB; a picture that comes alone takes <ms:n> ms")
def _(e: Evidence, at: Said, path: str, size: Number, ms: Number) -> None:
    e.exported = Path(path)
    files = e.exported.rglob("*") if e.exported.is_dir() else [e.exported]
    agree("megabytes", size, sum(file.stat().st_size for file in files if file.is_file()) / 1e6)
    agree("milliseconds", ms, 1000 * _about(e)["predict_one_seconds"])


@says("<n:n> test pictures: answers as by Keras<ties:ties>, probabilities <off:off>")
def _(e: Evidence, at: Said, n: Number, ties: str, off: str) -> None:
    about = _about(e)
    agree("test pictures", n, min(e.num_test, 1000))  # the first ones are enough, as README.md says
    expected = e.models[about["model"]].network(about["seed"]).probabilities(e.data.test_images)
    claim(not ties or unsure(expected).any(), "no two classes are as likely")
    if about["format"] == "keras":
        found = Network.read(e.exported).probabilities(e.data.test_images)
        claim((found.argmax(axis=1) == expected.argmax(axis=1)).all() or ties, "it answers otherwise")
        claim(np.abs(found - expected).max() < UNSURE, "probabilities differ by more than rounding")
    told = f"about {about['largest_difference']:.1e} apart at most".replace("-", "−")
    claim(off == (told if about["largest_difference"] else "equal"), "export.json has another difference")


@says("Next python <program:word> PICTURE")
def _(e: Evidence, at: Said, program: str) -> None:
    claim(Path(program).parent == e.exported.parent and Path(program).exists(), "it is not there")


@says("Look <folder:word>: <n:n> <w:file|files>")
def _(e: Evidence, at: Said, folder: str, n: Number, w: str) -> None:
    agree("files", n, sum(path.is_file() for path in Path(folder).rglob("*")))


def _about(e: Evidence) -> dict:
    found: dict = json.loads((e.exported.parent / "export.json").read_text(encoding="utf-8"))
    return found

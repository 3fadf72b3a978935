"""A page that was handed in, a report.html, as a run to compare: what it carries is taken out of it.

It may be anybody's: nothing in it is run, its size is bounded before it is read, and what it tells is taken
only as far as its answers bear it out (`model.side_by_side.answers`).
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from configs.command_line import command
from configs.digests import digest
from configs.document import document_of
from configs.schema import Config, ConfigError, config_of
from configs.strict_yaml import shown
from configs.values import LAST_SEED
from data.sources import OFFICIAL_DIGEST
from data.storage import read_bytes, value_of
from model.experiment.page import LARGEST
from model.experiment.report import Report, report_of
from model.run.folder import RunError
from model.side_by_side.read import ComparedRun, Stored

MOST_BYTES = 2 * LARGEST  # of a page
MOST_IN_BLOCK = 8_000_000  # bytes of what it carries: three models of 256 classes have half of that
MOST_KEYS = 100_000  # in that; each takes up to a kilobyte if it or its value is wrong
MOST = 100  # models, comparisons of these, and seeds of each: no config has more
LONGEST_GUESS = 1000  # characters that are read
ENDINGS = (".html", ".htm")
AGAIN = "ask for the page again"
INSTEAD = "the folder of its run can be compared in its place"
OLD = f"`{command('inspect', 'RUN')}` makes a page with them of that run, whose folder can be compared, too"
OF_A_SWEEP = "ask for that of one of its settings, or for the folder of the sweep"


def is_page(path: Path) -> bool:
    """Whether this is called as a page is, and no folder."""
    return path.suffix.lower() in ENDINGS and not path.is_dir()


def read_page(path: Path, label: str) -> ComparedRun:
    """Read a page to compare, as `read_run` a folder. Its predictions are answers, of all seeds it has.

    Raises:
        RunError: it is no page, or what it carries can't be used.
    """
    try:
        page = read_bytes(path, MOST_BYTES)
        content, given = _carried(page)
        report = report_of(content)
        if report.data.is_fashion and report.data.digest != OFFICIAL_DIGEST:
            raise ValueError("says that its data are Fashion-MNIST, and has not their digest")
        predictions = _predictions(path, given, report)
        guess = _block(page, "guess")
    except OSError as error:
        raise RunError(
            f"{path} can't be read ({error.strerror or error}); check its name and rights"
        ) from None
    except ValueError as error:
        told = f"{path}{':' * str(error).startswith('it ')} {error}"
        raise RunError(
            told if told.endswith((OLD, AGAIN, INSTEAD, OF_A_SWEEP)) else f"{told}; {AGAIN}"
        ) from None
    run = ComparedRun(label, path, report, None, predictions, [], is_page=True)
    run.guess = guess[:LONGEST_GUESS] if isinstance(guess, str) else None
    if failed := [failure for failure in report.failed if failure.is_training]:
        more = f", and {len(failed) - 1:,} more" if len(failed) > 1 else ""
        first = f"{shown(failed[0].model)}, seed {failed[0].seed} failed in that run"
        run.faults.append(f"{first}: {shown(failed[0].reason, 100)}{more}")
    try:
        run.config = _config(_block(page, "config"), report)
    except ValueError as error:
        run.doubt = f"carries a config that can't be used ({str(error).rstrip('.')})"
    return run


def _carried(page: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """What report.json has, and what was predicted."""
    content = _block(page, "report")
    if content is None:
        raise ValueError(
            f"carries no report: it is another page, was cut off, or is of before pages carried it; {OLD}"
        )
    if (
        b"</html>" not in page.rpartition(b'<script type="application/json"')[2]
    ):  # mail may have put more after it
        raise ValueError("is cut off: its end is missing")
    given = _block(page, "predictions")
    if isinstance(content, dict) and content.get("kind") == "sweep":
        raise ValueError(f"is the page of a sweep, which has no answers; {OF_A_SWEEP}")
    if given is None:
        raise ValueError(
            f"was made before pages carried their answers, so nothing in it can be checked; {OLD}"
        )
    for value in (content, given):
        if not isinstance(value, dict):
            raise ValueError(f"carries {shown(repr(value), 40)} where a report and its answers belong")
    told = content.get("models"), content.get("comparisons"), given.get("models")
    if any(isinstance(one, dict | list) and len(one) > MOST for one in told):
        raise ValueError(f"tells of more than {MOST} models, or comparisons of these")
    return content, given


def _block(page: bytes, name: str) -> Any:
    """The JSON value of a block that a page carries; None where it has none of the name."""
    mark, end = b'<script type="application/json" id="data-%b">' % name.encode(), b"</script>"
    count = page.count(mark)
    if not count:
        return None
    if count > 1:
        raise ValueError(f"carries data-{name} {count} times, and no page of ours does")
    start = page.index(mark) + len(mark)
    size = page.find(end, start) - start
    if size < 0:
        raise ValueError(f"is cut off within data-{name}")
    keys = page.count(b'":', start, start + size)
    if size > MOST_IN_BLOCK or keys > MOST_KEYS:
        raise ValueError(
            f"has {size:,} bytes and {keys:,} keys as data-{name}; expected at most {MOST_IN_BLOCK:,} "
            f"and {MOST_KEYS:,}; {INSTEAD}"
        )
    try:
        return value_of(page[start : start + size].decode())
    except ValueError as error:
        raise ValueError(f"carries a data-{name} that can't be read ({shown(str(error), 100)})") from None


def _predictions(path: Path, given: Mapping[str, Any], report: Report) -> dict[str, dict[int, Stored]]:
    """The answers to every test picture by model and seed: of every training that the report counts."""
    data, by_model = report.data, given.get("models")
    size = data.test, len(data.classes)
    labels = _classes(given.get("labels"), "labels", *size)
    found: dict[str, dict[int, Stored]] = {}
    for model, entry in report.models.items():
        seeds = by_model.get(model) if isinstance(by_model, dict) else None
        seeds = seeds if isinstance(seeds, dict) else {}
        if len(seeds) > MOST:
            raise ValueError(f"tells of more than {MOST} seeds of {shown(model, 80)}")
        found[model] = {
            int(seed): Stored(path, _classes(text, f"{model}, seed {seed}", *size), labels)
            for seed, text in seeds.items()
            if seed.isascii() and seed.isdecimal() and len(seed) < 11 and int(seed) <= LAST_SEED
        }
        if missing := [seed for seed in entry.seeds if seed not in found[model]]:
            raise ValueError(f"has no answers of {model}, seed {missing[0]}, which its report tells of")
    return found


def _classes(text: Any, what: str, count: int, num_classes: int) -> np.ndarray:
    """Classes uint8 (count,) of what stands as base64."""
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (ValueError, TypeError):
        raise ValueError(f"has {shown(what, 80)} that are no base64") from None
    if len(values) != count:
        raise ValueError(
            f"has {len(values):,} classes as {shown(what, 80)}, and its report is of {count:,} pictures"
        )
    if values.max() >= num_classes:
        raise ValueError(
            f"has class {values.max()} among {shown(what, 80)}, and its report knows {num_classes}"
        )
    return values


def _config(text: Any, report: Report) -> Config:
    """The config of a page; ValueError where it is none, or not the one of its report."""
    if not isinstance(text, str):
        raise ConfigError("there is none")
    config = config_of(document_of(text.encode(), "config.yaml"), (), of_a_run=True)
    if digest(config) != report.config_digest:
        raise ConfigError(
            "its digest is not the one of the report: it was edited, or is of an earlier version"
        )
    return config

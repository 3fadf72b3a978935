"""Pages of HTML in one file each: a template filled in, every text escaped, one style, one script, data."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from model.page.assemble import joined
from model.report.words import decimal, ends, mega, percent, signed

PARTS = Path(__file__).parent
SCRIPTS = PARTS / "scripts"
STYLES = ("page.css", "live.css")


def _or_dash(write: Callable[[float], str]) -> Callable[[float | None], str]:
    """The same, with a dash for what there is not."""
    return lambda value: "–" if value is None else write(value)


def _seconds(seconds: float) -> str:
    digits = 0 if seconds >= 9.95 else 1 if seconds >= 0.95 else 2
    return f"{seconds:,.{digits}f} s"


NUMBERS: dict[str, Callable[..., str]] = {  # filters that write them in the unit of their column
    "percent": _or_dash(percent),
    "ends": ends,
    "points": _or_dash(lambda difference: signed(100 * difference)),
    "mega": mega,
    "decimal": decimal,
    "seconds": _or_dash(_seconds),
    "milliseconds": _or_dash(lambda seconds: f"{1000 * seconds:.2f} ms"),
}


def render(template: Path, script: str, data: Mapping[str, Markup], **values: Any) -> str:
    """Fill in a page, a file for Jinja that extends base.html; every text is escaped.

    The page needs no other file and asks for none. `script` is the file of `scripts/` that it runs, joined
    with what that imports; nothing else may run, or set its style. `data` are blocks of
    `model.page.contents`: each stands in a `<script>` with the id `data-NAME`.
    """
    style = "".join((PARTS / name).read_text(encoding="utf-8") for name in STYLES)
    code = joined(SCRIPTS / script)
    loader = FileSystemLoader([template.parent, PARTS])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= NUMBERS
    return environment.get_template(template.name).render(
        **values,
        data=data,
        style=Markup(style),
        style_digest=_digest(style),
        script=Markup(code),
        script_digest=_digest(code),
    )


def _digest(text: str) -> str:
    """How a page's policy names a text that it allows."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

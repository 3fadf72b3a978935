"""Pages of HTML: templates filled in, every text escaped, one style and one script."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from model.report.words import decimal, ends, mega, percent, signed

PARTS = Path(__file__).parent


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


def render(template: Path, folder: Path, **values: Any) -> str:
    """Fill in a page, a file for Jinja that extends base.html; every text is escaped.

    Links to figures are relative to the folder where the page will stand.
    """
    script = (PARTS / "page.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader([template.parent, PARTS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= NUMBERS
    environment.filters["link"] = lambda figure: quote(figure.path.relative_to(folder).as_posix())
    return environment.get_template(template.name).render(
        **values,
        style=Markup((PARTS / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )

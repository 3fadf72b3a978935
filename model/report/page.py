"""Pages of HTML: templates filled in, every text escaped, one style and one script."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from model.report.words import decimal, signed

PARTS = Path(__file__).parent


def render(template: Path, folder: Path, **values: Any) -> str:
    """Fill in a page; every text is escaped, and every page has the same style and script.

    Args:
        template: a file for Jinja.
        folder: where the page will stand: links to figures are relative to it.
        values: what it shows.
    """
    script = (PARTS / "page.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(template.parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {
        "percent": _percent,
        "ends": _ends,
        "points": _points,
        "mega": _mega,
        "seconds": _seconds,
        "milliseconds": _milliseconds,
        "link": lambda figure: quote(figure.path.relative_to(folder).as_posix()),
    }
    return environment.get_template(template.name).render(
        **values,
        style=Markup((PARTS / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _points(difference: float | None) -> str:
    return "–" if difference is None else signed(100 * difference)


def _ends(interval: Sequence[float] | None) -> str:
    if interval is None:
        return ""
    return " to ".join(decimal(100 * end) for end in interval)


def _mega(flops: float) -> str:
    mega = flops / 1e6
    return f"{mega:,.0f}" if mega >= 9.95 else f"{mega:.1f}" if mega >= 0.05 else f"{mega:.3f}"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return (
        f"{seconds:,.0f} s"
        if seconds >= 9.95
        else f"{seconds:.1f} s"
        if seconds >= 0.95
        else f"{seconds:.2f} s"
    )


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:.2f} ms"

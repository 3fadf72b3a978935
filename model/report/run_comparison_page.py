"""comparison.html: runs side by side as a page, with the numbers of comparison.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.report.page import Figure, render
from model.report.run_comparison_text import answers, differences, faults, headline, notes


def comparison_page(comparison: Mapping[str, Any], figure: Figure, folder: Path) -> str:
    """Build comparison.html: readable by itself but for the picture beside it.

    Args:
        comparison: comparison.json's content.
        figure: the picture.
        folder: where the page will stand.

    Returns:
        HTML without requests to elsewhere. Whatever stands in `comparison` is shown as text.
    """
    return render(
        "comparison.html",
        folder,
        comparison=comparison,
        figure=figure,
        headline=headline(comparison),
        answers=answers(comparison),
        differences=differences(comparison),
        notes=notes(comparison),
        faults=faults(comparison),
    )

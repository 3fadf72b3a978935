"""What was measured, as rows of a table: medians, spreads and ratios, in JSON and in Markdown."""

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.experiment.progress import duration
from model.report.tables import table

BUSY = 0.1  # share of the cores: a round in which others took more is marked and not judged
MARK = "\\*"
AT_START = "forecast at its start"  # what the time of a whole run is held against
RECORDS = Path(__file__).parent.parent.parent / "outputs" / "reference" / "benchmark"
Rows = list[dict[str, Any]]
Record = Mapping[str, Any]  # machine, quick, and by name the parts: date, command, git_commit and rows


@dataclass(frozen=True)
class Figure:
    """A thing measured some times, and each time the share of the cores that others took."""

    values: Sequence[float]
    others: Sequence[float]

    @property
    def median(self) -> float:
        """Of the undisturbed times; of all where none is, or where others can't disturb what is measured."""
        pairs = zip(self.values, self.others, strict=bool(self.others))
        quiet = [value for value, share in pairs if share <= BUSY]
        return statistics.median(quiet or self.values)

    def as_json(self) -> dict[str, Any]:
        """With the median, which is what is compared."""
        shares = [round(share, 3) for share in self.others]
        values = [rounded(value) for value in self.values]
        return {"median": rounded(self.median), "values": values, "others": shares}


def row(
    measured: str,
    unit: str,
    ours: Figure,
    against: str = "",
    theirs: Figure | None = None,
    note: str = "",
    in_short: bool = True,
) -> dict[str, Any]:
    """A row of the table.

    Args:
        measured: what.
        unit: of both.
        ours: the program's.
        against: what it is compared with.
        theirs: of that, from the same alternating run.
        note: what is particular about it here.
        in_short: whether README.md shows it.

    Returns:
        The row as it stands in the JSON; `ratio` is that of the medians, ours over theirs.
    """
    ratio = rounded(ours.median / theirs.median) if theirs else None
    both = {"ours": ours.as_json(), "theirs": theirs and theirs.as_json()}
    return {
        "measured": measured,
        "unit": unit,
        "against": against,
        "note": note,
        "in_short": in_short,
        "ratio": ratio,
        **both,
    }


def markdown(record: Record) -> str:
    """The whole table of one machine."""
    machine, parts = record["machine"], record["parts"]
    rows = [row for part in parts.values() for row in part["rows"]]
    lines = [["", "ConvLens", "", "against", "ours / theirs"]]
    lines += [
        [
            each["measured"],
            _with_spread(each["ours"], each["unit"]),
            ", ".join(filter(None, (each["against"], each["note"]))),
            _with_spread(each["theirs"], each["unit"]) if each["theirs"] else "",
            _number(each["ratio"]) if each["ratio"] else "",
        ]
        for each in rows
    ]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    dates = sorted({part["date"] for part in parts.values()})
    busiest = max((share for each in rows for share in _shares(each)), default=0.0)
    return "\n\n".join(
        [
            f"{title(machine)}. {machine['system']}, Python {machine['python']}, {versions}. "
            f"{' to '.join(dict.fromkeys([dates[0], dates[-1]]))}."
            + " Quick: the tool is tried, nothing is measured."
            * record["quick"],
            table(lines),
            f"Medians (smallest to largest) of rounds in turn. Other processes took at most "
            f"{100 * busiest:.0f} % of the cores in a round; {MARK}: more than a tenth in one or more, which "
            "are left out of the median as long as others remain.",
        ]
    )


def in_short(records: Iterable[Record]) -> str:
    """The table that README.md shows: a column per machine, as ratios of ours over theirs."""
    records = list(records)
    cells: dict[tuple[str, str], list[str]] = {}
    for column, record in enumerate(records):
        for each in (row for part in record["parts"].values() for row in part["rows"] if row["in_short"]):
            line = cells.setdefault((each["measured"], each["against"]), [""] * len(records))
            line[column] = _cell(each)
    named = {" / ".join(filter(None, name)): line for name, line in cells.items()}
    return _by_machine("ConvLens / the other", records, named)


def times(records: Iterable[Record]) -> str:
    """The table in README.md of the time that whole runs take, a row per config; empty where none is."""
    records = list(records)
    taken = [run_times(record) for record in records]
    configs = dict.fromkeys(config for each in taken for config in each)
    cells = {config: [each.get(config, "") for each in taken] for config in configs}
    return _by_machine("time of a run", records, cells) if cells else ""


def run_times(record: Record) -> dict[str, str]:
    """How long whole runs took, in words, by the path of their config."""
    rows = [row for part in record["parts"].values() for row in part["rows"] if row["against"] == AT_START]
    return {each["measured"]: duration(each["ours"]["median"]) for each in rows}


def _by_machine(head: str, records: Sequence[Record], cells: Mapping[str, Sequence[str]]) -> str:
    """A table with a column per machine."""
    header = [head, *(title(record["machine"]) for record in records)]
    return table([header, *([name, *line] for name, line in cells.items())])


def title(machine: Mapping[str, Any]) -> str:
    """A machine in a few words."""
    cores = machine["cores"]
    features = " ".join(machine["features"]) or "features unknown"
    return f"{machine['processor']}, {cores} core{'s' * (cores > 1)}, {features}"


def read(path: Path) -> dict[str, Any]:
    """A record that was written."""
    return dict(json.loads(path.read_text(encoding="utf-8")))


def recorded() -> list[dict[str, Any]]:
    """The records of all machines that README.md tells of."""
    return [read(path) for path in sorted(RECORDS.glob("*.json"))]


def rounded(value: float) -> float:
    """To four digits: no timing knows more."""
    return float(f"{value:.4g}")


def _cell(row: Mapping[str, Any]) -> str:
    mark = MARK * any(share > BUSY for share in _shares(row))
    unit = f" {row['unit']}" * bool(row["unit"])
    ours = _number(row["ours"]["median"])
    if not row["theirs"]:
        return f"{ours}{unit}{mark}"
    return f"**{_number(row['ratio'])}** ({ours} / {_number(row['theirs']['median'])}{unit}){mark}"


def _with_spread(figure: Mapping[str, Any], unit: str) -> str:
    values, shares = figure["values"], figure["others"]
    spread = f" ({_number(min(values))} to {_number(max(values))})" * (len(values) > 1)
    mark = MARK * any(share > BUSY for share in shares)
    return f"{_number(figure['median'])} {unit}".rstrip() + mark + spread


def _shares(row: Mapping[str, Any]) -> list[float]:
    return [share for figure in (row["ours"], row["theirs"]) if figure for share in figure["others"]]


def _number(value: float) -> str:
    """Three digits, and what is above a thousand with a comma."""
    if value >= 100:
        return f"{round(value, 2 - math.floor(math.log10(value))):,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"

"""What `show` says: the result of a run again, the layers of its networks, what is not as it was made."""

from model.experiment.layers import layers_in_text, layers_of_run
from model.experiment.progress import short_path
from model.experiment.remarks import of_config
from model.experiment.report import read_report
from model.experiment.status import problems_of_record
from model.experiment.terminal import terminal_block
from model.run.folder import RunFolder

PAGES = ("report.html", "report.md", "report.json")  # a run of before may lack some


def told_again(run: RunFolder) -> str:
    """All that, as text for the terminal; raises RunError where the run has no report."""
    report = read_report(run)
    page = next(name for name in PAGES if (run.path / name).exists())
    block = terminal_block(report, short_path(run.path), of_config(run, report), page, shown=True)
    parts = [block, layers_in_text(layers_of_run(run, report)), *problems_of_record(run)]
    return "\n\n".join(filter(None, parts))

"""What `show` says of a sweep, or of a run."""

from model.experiment.progress import short_path
from model.experiment.show import told_again as run_told_again
from model.run.folder import RunFolder
from model.sweep.report import is_sweep, read_sweep
from model.sweep.text import sweep_block


def told_again(folder: RunFolder) -> str:
    """The result again, as text for the terminal; raises RunError where there is no report of use."""
    if is_sweep(folder):
        return sweep_block(read_sweep(folder), short_path(folder.path), shown=True)
    return run_told_again(folder)

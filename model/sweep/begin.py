"""What a config on the command line begins: a run or a sweep, a shard of it, or what is said of it before."""

from pathlib import Path

from rich.console import Console

from configs.asked import Asked
from configs.schema import Config


def begin(config: Config, outputs: Path, console: Console, path: Path, asked: Asked) -> int:
    """Do what is asked for; what does it is imported then. Returns and raises as `run_experiment`."""
    fresh, guess, shard, dry_run, debug = asked
    if dry_run:
        from model.sweep.dry_run import foresee

        return foresee(config, outputs, console, fresh, path, shard)
    if shard is not None:
        from model.sweep.shard import run_shard

        return run_shard(config, outputs, console, shard, debug, path)
    if config.sweep:
        from model.sweep.sweep import run_sweep as run
    else:
        from model.experiment.conductor import run_experiment as run
    return run(config, outputs, console, fresh, debug, path, guess)

"""A sweep of thousands of jobs that train nothing: what planning, state on disk and report take.

    python -m tests.sweep.schedule NUMBER FOLDER

makes a sweep of about NUMBER trainings in FOLDER, once from nothing and once more when all is done, and
prints seconds by the clock and of this processor, and the memory of this process. In place of workers there
are some that leave small files.
"""

import io
import os
import resource
import sys
import time
from pathlib import Path

from rich.console import Console

import model.experiment.work
from configs.schema import Config
from model.sweep.sweep import run_sweep
from tests.sweep.pretenders import Pretenders


def config_of(number: int) -> Config:
    """A sweep of at least so many trainings: of two models, with two seeds, both in every setting."""
    settings = -(-number // 4)
    rates = min(100, settings)
    sizes = -(-settings // rates)
    return Config.model_validate(
        {
            "name": "schedule",
            "seeds": [0, 1],
            "data": {"source": "lines"},
            "models": {
                "dense": {"architecture": "dense", "units": [8]},
                "cnn": {"architecture": "cnn", "filters": [2], "units": []},
            },
            "sweep": {
                "training.learning_rate": [round(0.0005 + 0.0001 * step, 4) for step in range(rates)],
                "training.batch_size": [64 + step for step in range(sizes)],
            },
        }
    )


def seconds_of(config: Config, outputs: Path) -> tuple[float, float]:
    """How long it takes to run a sweep, or to find that it is done: by the clock, and of the processor."""
    began = time.monotonic(), time.process_time()
    code = run_sweep(config, outputs, Console(file=io.StringIO()))
    if code:
        raise SystemExit(f"the sweep ended with {code}")
    return time.monotonic() - began[0], time.process_time() - began[1]


def main(number: int, folder: Path) -> None:
    """Measure, and print."""
    model.experiment.work.Workers = Pretenders.anew()  # type: ignore[assignment,misc]
    config = config_of(number)
    first = seconds_of(config, folder)
    again = seconds_of(config, folder)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    files = [os.path.getsize(Path(top, name)) for top, _, names in os.walk(folder) for name in names]
    print(
        f"{number:,} trainings: {first[0]:.1f} s ({first[1]:.1f} of the processor), once more "
        f"{again[0]:.1f} s ({again[1]:.1f}), {memory:.2f} GB at most; "
        f"{len(files):,} files, {sum(files) / 1e6:,.0f} MB"
    )


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")), Path(sys.argv[2]))

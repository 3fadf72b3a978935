"""What engines take beside the trainings that they have done: `python -m tests.run.overhead [local] [ray]`.

Trainings of a small network on Fashion-MNIST, one a seed, two at a time. Measured is the clock from the first
that is submitted to the last that is done, against the processor time of all of them, shared by two: 1.00
would be that two cores do nothing else, from the first second to the last. The machine must be quiet. Told is
also what an engine takes to start, which is not in it.
"""

import sys
import tempfile
import time
from pathlib import Path

from configs.schema import Config, load
from model.experiment.opening import load_data
from model.experiment.work import Work
from model.run.engines import engine_of
from model.run.folder import RunFolder
from model.run.jobs import Done

ROOT = Path(__file__).parents[2]
JOBS, AT_A_TIME = 24, 2
MODELS = "models={cnn: {architecture: cnn, filters: [32, 32], units: [64]}}"
OVERRIDES = [MODELS, "seeds=" + ",".join(map(str, range(JOBS))), "training.epochs=6"]


def measure(config: Config) -> str:
    """Do the trainings on the engine of a config, and say what that took."""
    splits = load_data(config.data)
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / "run")
        run.path.mkdir()
        work = Work(config, splits, run)
        jobs = [work.job(task) for task in work.plan.left() if task.kind == "training"]
        started = time.monotonic()
        with engine_of(config.launch, AT_A_TIME, splits, onednn=work.plan.arithmetic.onednn) as engine:
            ready = time.monotonic()
            seconds = [event.value["train_seconds"] for event in engine.run(jobs) if isinstance(event, Done)]
            clock = time.monotonic() - ready
    if len(seconds) < len(jobs):
        return f"{config.launch.engine}: {len(jobs) - len(seconds)} trainings failed"
    ratio = clock / (sum(seconds) / AT_A_TIME)
    each, total = f"{min(seconds):.1f} to {max(seconds):.1f} s each", sum(seconds)
    return (
        f"{config.launch.engine}: {len(jobs)} trainings of {each} took {clock:.1f} s, {ratio:.3f} times "
        f"{total:.1f} s shared by {AT_A_TIME}; the engine took {ready - started:.1f} s to start"
    )


if __name__ == "__main__":
    for engine in sys.argv[1:] or ["local", "ray"]:
        overrides = [*OVERRIDES, f"launch.engine={engine}"]
        print(measure(load(ROOT / "configs" / "quick.yaml", overrides)), flush=True)

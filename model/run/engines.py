"""Which engine does jobs, as `launch` says: processes of this machine, or tasks of a Ray cluster."""

from configs.launch import Launch
from data.splits import Splits
from model.run.cluster import set_terms
from model.run.jobs import Schedule
from model.run.workers import Workers


def engine_of(
    launch: Launch,
    number: int,
    splits: Splits | None,
    debug: bool = False,
    side_by_side: int = 1,
    onednn: bool | None = None,
) -> Schedule:
    """The engine of a config, for a `with` block; `number` jobs at a time, or as many as a cluster takes.

    On a cluster a job may write into its `folder` alone, which is a training's of a run, and finds nothing
    else of the run. The other arguments are those of `Workers`.

    Raises:
        ConfigError: there is no such cluster, or it does not take this program.
    """
    if launch.engine == "ray":
        set_terms(launch.address)
        from model.run.ray_tasks import RayTasks

        return RayTasks(launch.address, number, launch.threads_per_job, splits, debug, side_by_side, onednn)
    return Workers(number, launch.threads_per_job, splits, debug, side_by_side, onednn)

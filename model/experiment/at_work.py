"""Who is at work in a run or a sweep, and how their jobs stand: in words and for programs. No TensorFlow."""

from typing import Any

from data.lease import Holder
from model.experiment.jobs import jobs_told
from model.experiment.progress import duration


def work_in_words(holder: Holder) -> list[str]:
    """Who is at work, and how many jobs are done, run, wait or failed; which run or failed."""
    jobs = jobs_told(holder.told)
    if jobs is None:
        return [f"{holder.who} is at work in it."]
    counts = [f"{jobs.done:,} of {jobs.jobs:,} jobs done", f"{len(jobs.running)} running"]
    counts += [f"{jobs.waiting:,} waiting"] * bool(jobs.waiting)
    counts += [f"{len(jobs.failed)} failed"] * bool(jobs.failed)
    lines = [f"{holder.who} is at work in it: {', '.join(counts)}; left: {duration(jobs.seconds_left)}."]
    for job, host, _, epochs, note in jobs.running:
        where = f"on {host}" if host and host not in note else ""
        lines.append("  ".join(["", *filter(None, [job, where, epochs, note])]))
    return [*lines, *(f"  {job}  failed: {reason}" for job, reason in jobs.failed)]


def work_as_json(holder: Holder) -> dict[str, Any]:
    """The same: `who`, and as far as the process tells of its jobs, what `Jobs` has, and how many wait."""
    jobs = jobs_told(holder.told)
    return {"who": holder.who} | ({} if jobs is None else jobs.as_json() | {"waiting": jobs.waiting})

"""How the jobs of a process at work stand, as it tells those who look from outside. No TensorFlow."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field, TypeAdapter

Line = Annotated[str, AfterValidator(lambda text: "".join(filter(str.isprintable, text))[:300])]
Count = Annotated[int, Field(ge=0)]


class Running(NamedTuple):
    """A job that has begun: its machine ("" for that of its process), the share done, epochs, a note."""

    job: Line
    host: Line
    share: Annotated[float, Field(ge=0, le=1)]
    epochs: Line
    note: Line


class FailedJob(NamedTuple):
    """A job that failed, and why."""

    job: Line
    reason: Line


class Jobs(NamedTuple):
    """The jobs of one process: how many there are and are done, which run or failed, the seconds left."""

    jobs: Count
    done: Count
    running: list[Running]
    failed: list[FailedJob]
    seconds_left: Count

    @property
    def waiting(self) -> int:
        """How many have not begun."""
        return max(0, self.jobs - self.done - len(self.running) - len(self.failed))

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        running = [row._asdict() for row in self.running]
        return self._asdict() | {"running": running, "failed": [row._asdict() for row in self.failed]}


def jobs_told(told: Mapping[str, Any]) -> Jobs | None:
    """The jobs that a process tells of, whatever stands there; None where it has not told of any yet."""
    with suppress(ValueError):
        return _reader().validate_python(dict(told))
    return None


@cache
def _reader() -> TypeAdapter[Jobs]:
    return TypeAdapter(Jobs)

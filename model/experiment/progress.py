"""What is on screen before and while jobs run: one live display on a terminal, plain lines elsewhere."""

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from configs.digests import only_adds_epochs
from configs.schema import Config
from configs.sweep import short_keys, swept_keys
from data.splits import DataFacts
from model.experiment.jobs import FailedJob, Jobs, Running
from model.experiment.remarks import of_data
from model.report.tables import shortened, wrapped
from model.report.words import names
from model.run.folder import RunFolder
from model.run.forecast import Forecast
from model.run.jobs import Begun, Event, Failed, Job, Lost, Reported, Skipped

BAR_WIDTH = 20
MANY = 30  # jobs: from there on those that wait or have ended are counted, not shown
WAITING = "waiting"
SKIPPED = "skipped: there is no sound model to look into"


def say(console: Console, text: str) -> None:
    """Print text as it is: brackets and colons of a user's names mean nothing."""
    console.print(Text(text), soft_wrap=True)


def header(config: Config, data: DataFacts, folder: Path) -> str:
    """What is about to be done, with which data, and where it goes if not where its name says."""
    lines = [f"ConvLens  {config.name}: {_trainings(config)}"]
    sizes = f"{data.train:,} train, {data.validation:,} validation, {data.test:,} test"
    lines.append(f"data      {data.title}, {data.source}: {sizes}")
    lines += [wrapped(f"note      {remark}", indent=10) for remark in of_data(data)]
    if folder.name != config.name:
        numbered = re.fullmatch(rf"{re.escape(config.name)}-\d+", folder.name)
        taken = numbered and folder.with_name(config.name).exists()
        why = _taken_in_words(config, folder) if taken else "renamed"
        lines.append(f"folder    {short_path(folder)}   ({why})")
    return "\n".join(lines)


def _trainings(config: Config) -> str:
    """Which models are trained how often; of a sweep, in each setting."""
    models, seeds = list(config.models), config.seeds
    against = f"{models[0]} against {', '.join(models[1:])}" if len(models) > 1 else models[0]
    trainings = "1 training each" if len(seeds) == 1 else f"{len(seeds)} trainings each"
    shown = ", ".join(map(str, seeds)) if len(seeds) <= 8 else f"{seeds[0]} to {seeds[-1]}"
    trainings += f" (seed{'s' * (len(seeds) > 1)} {shown})"
    if brought := list(config.elsewhere):
        was = f"{names(brought)} trained elsewhere (file{'s' * (len(seeds) > 1)} {shown})"
        trainings = f"{trainings}; {was}" if len(brought) < len(models) else "trained elsewhere"
    each = f"a sweep of {names(list(short_keys(swept_keys(config)).values()))}: " if config.sweep else ""
    return f"{each}{against}, {trainings}"


def _taken_in_words(config: Config, folder: Path) -> str:
    """Why a run does not stand where its name says."""
    there, here = (RunFolder(path) for path in (folder.with_name(config.name), folder))
    made, data = there.known_config(), [run.identity().get("data_digest") for run in (there, here)]
    if made is None or data[0] != data[1] or not only_adds_epochs(config, to=made):
        return f"{config.name} is taken by another config or other data"
    scheduled = any(config.training_of(model).schedule != "constant" for model in config.models)
    why = ": learning rates are laid out over all of them" if scheduled else ", from the start"
    return f"{config.name} is the same with fewer epochs, and more epochs are another training{why}"


def machine_line(cores: int, precision: str, seconds: float, trains: bool = True) -> str:
    """What the machine is, and how long everything will take on it; `trains`: trainings do."""
    hint = "   (a quick look: configs/quick.yaml)" if seconds > 60 and trains else ""
    return f"machine   {cores} core{'s' * (cores > 1)}, {precision}: about {duration(seconds)}{hint}\n"


def cluster_line(address: str, number: int, seconds: float) -> str:
    """Which cluster trains, and how long that takes if its cores are as fast as this machine's, and free."""
    return (
        f"cluster   {address}, {number:,} training{'s' * (number > 1)} at a time: about {duration(seconds)}\n"
    )


def short_path(path: Path) -> str:
    """A path as the user would type it: relative where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path.absolute())) else str(path.absolute())


@dataclass
class _Row:
    """A job as shown: the share of it done, how that is counted (`2/5`), and the latest figure."""

    job: Job
    share: float = 0.0
    count: str = ""
    note: str = WAITING
    ended: bool = False
    host: str = ""
    failure: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it is known to have begun and not to have ended."""
        return not self.ended and (self.share > 0 or self.note != WAITING)

    @property
    def called(self) -> str:
        return self.job.shown or self.job.name


class Display:
    """The jobs of an experiment, how far each is, and the time left by their forecast."""

    def __init__(self, console: Console, jobs: list[Job], forecast: Forecast) -> None:
        self.console, self.forecast = console, forecast
        self.rows = {job.name: _Row(job) for job in jobs}
        self._left = 0.0, -1.0  # told last, and when
        self.live = Live(console=console, get_renderable=self.render, refresh_per_second=4)

    def __enter__(self) -> "Display":
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def show(self, event: Event) -> None:
        """Take in what a job says; off a terminal, a line when an epoch or a job ends."""
        row = self.rows[event.job.name]
        warning = event.value if isinstance(event, Reported) else None
        if isinstance(event, Lost):
            warning = f"{event.reason}; another process does it again, after what is waiting"
        if isinstance(warning, str):  # it must stay on screen
            say(self.console, f"{row.called}  {warning}")
            return
        before = row.share, row.count
        if isinstance(event, Reported):
            row.share, row.count, row.note = event.value
        elif isinstance(event, Begun):
            row.note, row.host = f"running on {event.where}", event.where
        else:
            row.share, row.ended = 1.0, True
            row.failure = event.reason if isinstance(event, Failed) else ""
            row.note = f"failed: {row.failure}" if row.failure else row.note
            row.note = SKIPPED if isinstance(event, Skipped) else row.note
            row.note = "done" if row.note == WAITING else row.note  # it was done before, but for its record
        moved = (row.share if row.ended else before[0], row.count) != before
        if self.console.is_terminal and self.are_many and row.failure:
            say(self.console, f"{row.called}  {row.note}")  # its row is not shown
        says = moved or isinstance(event, Begun | Failed | Skipped)
        if not self.console.is_terminal and row.note and says:
            left = "" if row.share == 1 else f"   left: {duration(self.seconds_left())}"
            say(self.console, f"{row.called}  {row.count}  {row.note}{left}")

    def seconds_left(self) -> float:
        """By the forecast, from where the jobs stand; of many as they stood up to a second ago."""
        if self.are_many and time.monotonic() < self._left[1] + 1:
            return self._left[0]
        self._left = self._seconds_left(), time.monotonic()
        return self._left[0]

    def _seconds_left(self) -> float:
        return self.forecast.seconds_left({name: row.share for name, row in self.rows.items()})

    def told(self) -> dict[str, Any]:
        """How the jobs stand, for those who look from outside; as `Jobs.as_json`."""
        rows = list(self.rows.values())
        failed = [FailedJob(row.called, row.failure) for row in rows if row.failure]
        running = [
            Running(row.called, row.host, round(row.share, 3), row.count, row.note)
            for row in rows
            if row.is_running
        ]
        done = sum(row.ended for row in rows) - len(failed)
        return Jobs(len(rows), done, running, failed, round(self.seconds_left())).as_json()

    @property
    def are_many(self) -> bool:
        """Whether there are more jobs than a screen has room for."""
        return len(self.rows) > MANY

    def _counted(self) -> str:
        """How many jobs wait, run, are done and failed."""
        rows = self.rows.values()
        ended, running = sum(row.ended for row in rows), sum(row.is_running for row in rows)
        failed = sum(bool(row.failure) for row in rows)
        counts = {"waiting": len(rows) - ended - running, "running": running, "done": ended - failed}
        counts |= {"failed": failed} if failed else {}
        return f"jobs: {', '.join(f'{count:,} {what}' for what, count in counts.items())}"

    def render(self) -> Text:
        """The display, as wide as the terminal: the time left, then a row a job; what is long is cut off.

        Of many jobs it has a line of counts, and rows of those that run.
        """
        every = list(self.rows.values())
        rows = [row for row in every if row.is_running] if self.are_many else every
        count = max((len(row.count) for row in rows), default=0)
        room = self.console.width - count - 4  # beside count, spaces and an ellipsis
        name = min(max((len(row.called) for row in rows), default=0), max(1, room))
        bar = min(BAR_WIDTH, max(0, room - name))
        text = Text(no_wrap=True, overflow="ellipsis")
        if not all(row.ended for row in every):  # first, for the last rows are not shown where there are many
            text.append(f"left: {duration(self.seconds_left())}\n", style="bold")
        if self.are_many:
            text.append(f"{self._counted()}\n")
        for row in rows:
            filled = round(bar * row.share)
            shown = "█" * filled + "░" * (bar - filled)
            job = shortened(row.called, name)
            text.append(f"{job:<{name}}  {shown} {row.count:<{count}}  {row.note}\n")
        return text


def duration(seconds: float) -> str:
    """Seconds as people say them: `45 s`, `1 min 50 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    rounded = 5 * round(seconds / 5)
    if rounded < 60:
        return f"{rounded} s"
    minutes, rest = divmod(rounded, 60)
    if minutes < 10:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"

import io

import pytest
from rich.console import Console

from model.forecast import Forecast
from model.launch import Done, Failed, Job, Reported
from model.report.progress import Display, duration, machine_line, say


def nothing(splits, report):
    """A job that is only shown."""


def plain_console():
    return Console(file=io.StringIO(), width=80)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (4.4, "4 s"),
        (12, "10 s"),
        (58, "1 min"),
        (109, "1 min 50 s"),
        (1260, "21 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_as_people_say_them(seconds, words):
    assert duration(seconds) == words


def test_a_warning_stays_on_screen():
    job = Job("cnn seed 0", nothing)
    console = plain_console()
    with Display(console, [job], Forecast([job], 1, 1)) as display:
        display.show(Reported(job, "epoch-0002.checkpoint is skipped"))
        display.show(Reported(job, (0.1, "0/2", "")))
    assert console.file.getvalue() == "cnn seed 0  epoch-0002.checkpoint is skipped\n"


def test_off_a_terminal_there_is_a_line_an_epoch_and_one_at_the_end():
    job = Job("cnn seed 0", nothing, cost=10)
    console = plain_console()
    with Display(console, [job], Forecast([job], 1, 1, clock=lambda: 0.0)) as display:
        for value in ((0.1, "0/2", ""), (0.5, "1/2", "validation 88.0 %"), (0.6, "1/2", "validation 88.0 %")):
            display.show(Reported(job, value))
        display.show(Reported(job, (1.0, "2/2", "validation 89.0 %")))
        display.show(Done(job, None))
    lines = console.file.getvalue().splitlines()
    assert [line.split("  ")[1] for line in lines] == ["1/2", "2/2"], "a line an epoch, and none twice"
    assert "left: " in lines[0], "the time left must be told"


def test_a_failure_is_shown_with_its_reason():
    job = Job("cnn seed 0", nothing)
    display = Display(plain_console(), [job], Forecast([job], 1, 1))
    display.show(Failed(job, "loss not finite at epoch 2"))
    assert "failed: loss not finite at epoch 2" in display.render().plain


@pytest.mark.parametrize("width", [120, 80, 60, 40, 30])
def test_time_left_and_epochs_are_whole_on_any_terminal(width):
    jobs = [Job("cnn seed 0", nothing), Job("a-model-with-a-long-name seed 11 perturbed", nothing)]
    console = Console(file=io.StringIO(), width=width, force_terminal=True)
    display = Display(console, jobs, 3600, clock=lambda: 0.0)
    for job in jobs:
        display.show(Reported(job, (0.25, "11/40", "validation 88.1 %, loss 0.345")))
    shown = console.render_lines(display.render(), console.options)
    first, *rows, _ = ["".join(part.text for part in line).rstrip() for line in shown]
    assert first == f"left: {duration(display.seconds_left())}", "the time left stands alone"
    assert [("11/40" in row, len(row) <= width) for row in rows] == [(True, True)] * 2, rows


def test_nothing_is_left_at_the_end():
    job = Job("cnn seed 0", nothing)
    display = Display(plain_console(), [job], 10)
    display.show(Done(job, None))
    assert "left" not in display.render().plain


def test_what_users_name_is_printed_as_it_is():
    console = plain_console()
    say(console, "[bold]x[/bold] :smile:")
    assert console.file.getvalue() == "[bold]x[/bold] :smile:\n"


def test_the_machine_line_gives_a_hint_only_for_long_runs():
    assert machine_line(1, "float32", 30) == "machine   1 core, float32: about 30 s\n"
    assert "quick.yaml" in machine_line(2, "bfloat16", 110)

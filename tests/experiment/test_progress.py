import io
from dataclasses import replace

import pytest
from rich.console import Console

from configs.schema import Config
from data.splits import ClassSizes, DataFacts
from model.experiment.jobs import FailedJob, Jobs, Running, jobs_told
from model.experiment.parts import Task
from model.experiment.progress import Display, duration, header, machine_line, say
from model.run.forecast import Forecast
from model.run.jobs import Begun, Done, Failed, Job, Lost, Reported
from model.run.manifest import Manifest


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


def test_where_a_job_runs_and_that_it_is_done_again_is_shown():
    job = Job("cnn seed 0", nothing)
    console = plain_console()
    with Display(console, [job], Forecast([job], 1, 1, clock=lambda: 0.0)) as display:
        display.show(Begun(job, "node-3"))
        assert "running on node-3" in display.render().plain
        display.show(Lost(job, "its process was ended by SIGKILL"))
    running, again = console.file.getvalue().splitlines()
    assert "running on node-3" in running, "off a terminal nobody learns where it runs"
    assert again == (
        "cnn seed 0  its process was ended by SIGKILL; another process does it again, after what is waiting"
    ), "why a training begins anew must stay on screen"


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


def test_a_network_trained_elsewhere_has_files_on_screen(tmp_path):
    task = Task("robustness", "gap", 1)
    assert (task.name, task.called(elsewhere=False)) == ("gap seed 1 robustness",) * 2
    job = Job(task.name, nothing, shown=task.called(elsewhere=True))
    console = plain_console()
    with Display(console, [job], Forecast([job], 1, 1, clock=lambda: 0.0)) as display:
        display.show(Reported(job, (0.5, "1/2", "shifts")))
    assert console.file.getvalue().startswith("gap file 1 robustness  1/2"), "nobody knows its seed"
    assert display.render().plain.splitlines()[1].startswith("gap file 1 robustness  ")
    networks = {"dense": {"architecture": "dense"}, "gap": {"architecture": "saved", "file": ["a", "b"]}}
    config = Config.model_validate({"name": "mine", "seeds": [0, 1], "models": networks})
    data = DataFacts("My pictures", "mine", "a folder", "ab" * 32, ["a", "b"], 1500, 20, 300)
    assert header(config, data, tmp_path / "mine").splitlines()[0] == (
        "ConvLens  mine: dense against gap, 2 trainings each (seeds 0, 1); gap trained elsewhere (files 0, 1)"
    )


@pytest.mark.parametrize("width", [120, 80, 60, 40, 30])
def test_time_left_and_epochs_are_whole_on_any_terminal(width):
    jobs = [Job("cnn seed 0", nothing), Job("a-model-with-a-long-name seed 11 perturbed", nothing)]
    console = Console(file=io.StringIO(), width=width, force_terminal=True)
    display = Display(console, jobs, Forecast(jobs, 1, 1, clock=lambda: 0.0))
    for job in jobs:
        display.show(Reported(job, (0.25, "11/40", "validation 88.1 %, loss 0.345")))
    shown = console.render_lines(display.render(), console.options)
    first, *rows, _ = ["".join(part.text for part in line).rstrip() for line in shown]
    assert first == f"left: {duration(display.seconds_left())}", "the time left stands alone"
    assert [("11/40" in row, len(row) <= width) for row in rows] == [(True, True)] * 2, rows


def test_who_looks_from_outside_is_told_what_runs_waits_and_failed():
    jobs = [Job(name, nothing, cost=10) for name in ("a", "b", "c", "d")]
    display = Display(plain_console(), jobs, Forecast(jobs, 1, 1, clock=lambda: 0.0))
    display.show(Done(jobs[0], None))
    display.show(Failed(jobs[1], "not finite"))
    display.show(Reported(jobs[2], (0.25, "1/4", "validation 70.0 %")))
    told = jobs_told(display.told())
    assert told == Jobs(
        jobs=4,
        done=1,
        running=[Running("c", "", 0.25, "1/4", "validation 70.0 %")],
        failed=[FailedJob("b", "not finite")],
        seconds_left=round(display.seconds_left()),
    )
    assert told.waiting == 1


def test_nothing_is_left_at_the_end():
    job = Job("cnn seed 0", nothing)
    display = Display(plain_console(), [job], Forecast([job], 1, 1))
    display.show(Done(job, None))
    assert "left" not in display.render().plain


def test_what_users_name_is_printed_as_it_is():
    console = plain_console()
    say(console, "[bold]x[/bold] :smile:")
    assert console.file.getvalue() == "[bold]x[/bold] :smile:\n"


def test_the_machine_line_gives_a_hint_only_for_long_runs():
    assert machine_line(1, "float32", 30) == "machine   1 core, float32: about 30 s\n"
    assert "quick.yaml" in machine_line(2, "bfloat16", 110)


@pytest.mark.parametrize(
    ("models", "seeds", "told"),
    [
        (("dense",), [3], "dense, 1 training each (seed 3)"),
        (("dense", "cnn"), [3, 1], "dense against cnn, 2 trainings each (seeds 3, 1)"),
        (("b", "a", "c"), list(range(4, 13)), "b against a, c, 9 trainings each (seeds 4 to 12)"),
    ],
)
def test_what_is_about_to_be_done_is_told_with_its_data(models, seeds, told, tmp_path):
    networks = {name: {"architecture": "dense"} for name in models}
    config = Config.model_validate({"name": "mine", "seeds": seeds, "models": networks})
    data = DataFacts("My pictures", "mine", "a folder", "ab" * 32, ["a", "b"], 1500, 20, 300)
    assert header(config, data, tmp_path / "mine").splitlines() == [
        f"ConvLens  mine: {told}",
        "data      My pictures, a folder: 1,500 train, 20 validation, 300 test",
    ]
    lacking = replace(data, per_class=[ClassSizes("a", 1400, 20, 300), ClassSizes("b", 100, 0, 0)])
    assert header(config, lacking, tmp_path / "mine").splitlines()[2:] == [
        "note      No test picture is of the class b.",
        "note      No validation picture is of the class b.",
    ]
    assert header(config, data, tmp_path / "mine-2").endswith("(renamed)"), "nothing else has its name"
    (tmp_path / "mine").mkdir()
    taken = header(config, data, tmp_path / "mine-2").splitlines()[-1]
    assert taken.startswith("folder    ")
    assert taken.endswith("mine-2   (mine is taken by another config or other data)")


LONGER = "the same with fewer epochs, and more epochs are another training"
OTHER = "taken by another config or other data"


@pytest.mark.parametrize(
    ("changed", "data_digest", "why"),
    [
        ({"epochs": 9}, "ab", f"{LONGER}: learning rates are laid out over all of them"),
        ({"epochs": 9, "schedule": "constant"}, "ab", f"{LONGER}, from the start"),
        ({"epochs": 2}, "ab", OTHER),
        ({"epochs": 9, "batch_size": 16}, "ab", OTHER),
        ({"epochs": 9}, "cd", OTHER),
    ],
)
def test_who_asks_for_more_epochs_is_told_why_they_are_another_training(changed, data_digest, why, tmp_path):
    networks = {"dense": {"architecture": "dense"}}
    training = {"epochs": 5, "schedule": changed.get("schedule", "one_cycle")}
    of_it, asked = (
        Config.model_validate({"name": "mine", "models": networks, "training": one})
        for one in (training, training | changed)
    )
    data = DataFacts("My pictures", "mine", "a folder", "ab" * 32, ["a", "b"], 1500, 20, 300)
    for name, config, digest in (("mine", of_it, "ab"), ("mine-2", asked, data_digest)):
        (tmp_path / name).mkdir()
        Manifest(tmp_path / name, config.model_dump(mode="json"), {"data_digest": digest}).write()
    assert header(asked, data, tmp_path / "mine-2").endswith(f"mine-2   (mine is {why})")


def test_each_row_shows_its_own_job_and_the_time_left_stands_above():
    jobs = [Job(name, nothing, cost=10) for name in ("a", "bb", "c", "d")]
    display = Display(plain_console(), jobs, Forecast(jobs, 1, 1, clock=lambda: 0.0))
    display.show(Done(jobs[0], None))
    display.show(Reported(jobs[1], (0.25, "1/4", "validation 70.0 %")))
    display.show(Reported(jobs[2], (0.5, "2/4", "validation 80.0 %")))
    first, *rows = display.render().plain.splitlines()
    assert first == f"left: {duration(display.seconds_left())}"
    assert rows[0].startswith(f"a   {20 * '█'} ")
    assert rows[1] == f"bb  {5 * '█'}{15 * '░'} 1/4  validation 70.0 %"
    assert rows[2] == f"c   {10 * '█'}{10 * '░'} 2/4  validation 80.0 %"
    assert rows[3].endswith("waiting")


def test_of_many_jobs_those_that_run_have_rows_and_the_others_are_counted():
    jobs = [Job(f"job {number}", nothing, cost=10) for number in range(40)]
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    display = Display(console, jobs, Forecast(jobs, 2, 2, clock=lambda: 0.0))
    for job in jobs[:5]:
        display.show(Done(job, None))
    display.show(Failed(jobs[5], "not enough memory"))
    display.show(Reported(jobs[6], (0.5, "1/2", "validation 80.0 %")))
    left, counts, *rows = display.render().plain.splitlines()
    assert left.startswith("left: ")
    assert counts == "jobs: 33 waiting, 1 running, 5 done, 1 failed"
    assert [row.split("  ")[0] for row in rows] == ["job 6"], "forty rows are more than a screen has"
    assert "job 5  failed: not enough memory" in console.file.getvalue(), "a failure would be seen by nobody"

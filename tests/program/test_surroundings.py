"""Whatever surrounds the program on a machine, it gives the same bits, or a sentence says what is wrong."""

import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import keras
import numpy as np
import pytest

from model.experiment.progress import short_path
from model.experiment.report import read_report
from model.experiment.terminal import terminal_block
from model.run import environment
from model.run.folder import RunFolder
from tests.conftest import GUESS, ROOT, run_program
from tests.experiment.test_conductor import arrays_of, assert_same

TINY_CONFIG = """
name: tiny
seeds: [0]
data: {{source: {folder}, name: small, validation_images: 100}}
models:
  dense: {{architecture: dense, units: [4]}}
  cnn: {{architecture: cnn, filters: [2, 3], units: [8], batch_normalization: true}}
training: {{epochs: 2, learning_rate: 0.01, batch_size: 64, precision: float32}}
launch: {{workers: 2}}
"""
STRANGE_KERAS = {
    "backend": "torch",
    "image_data_format": "channels_first",
    "floatx": "float16",
    "epsilon": 0.1,
}
STRANGE_PICTURES = "text.usetex: True\npath.sketch: 1, 100, 2\nfigure.dpi: 33\naxes.facecolor: green\n"


def in_the_way(folder, *names):
    """Python files that end whoever imports them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"raise RuntimeError('{name} of a stranger was imported')\n")
    return folder


def ours_by_name(folder):
    return in_the_way(folder, "model.py", "configs.py", "data/__init__.py")


def in_terminal(columns, *arguments, cwd, **environment):
    """`python train.py ARGUMENTS` on a terminal so wide -> its exit code and what it wrote, line by line."""
    ours, theirs = pty.openpty()
    sizes = ("COLUMNS", "LINES")  # would be believed before the terminal
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, ROOT / "train.py", *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env={key: value for key, value in os.environ.items() if key not in sizes} | environment,
        umask=0o077,
    )
    os.close(theirs)
    written = b""
    try:
        while data := os.read(ours, 65536):
            written += data
    except OSError:  # so a terminal ends on Linux
        pass
    os.close(ours)
    return process.wait(timeout=300), written.decode().splitlines()


def pictures_of(run):
    return {str(path.relative_to(run)): path.read_bytes() for path in run.rglob("*.png")}


def test_all_harmless_surroundings_at_once_change_no_bit(small_run, small_config, tmp_path):
    home, here = tmp_path / "home", tmp_path / "here"
    (home / ".keras").mkdir(parents=True)
    (home / ".keras" / "keras.json").write_text(json.dumps(STRANGE_KERAS))
    here.mkdir()
    (here / "matplotlibrc").write_text(STRANGE_PICTURES)
    in_the_way(here, "random.py", "socket.py")
    code, lines = in_terminal(
        40,
        *(small_config, "launch.workers=2", "--guess", GUESS, "--outputs", tmp_path / "outputs"),
        cwd=here,
        HOME=str(home),
        TERM="xterm",
        PYTHONPATH=str(ours_by_name(tmp_path / "foreign")),
        PYTHONWARNINGS="error",
    )
    assert code == 0, "what surrounds it ended the run:\n" + "\n".join(lines)
    run = tmp_path / "outputs" / "small"
    assert_same(arrays_of(run), arrays_of(small_run))
    assert pictures_of(run) == pictures_of(small_run), "a matplotlibrc of the user's changes pictures"
    for path in [run, *run.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, f"{path.name} can be read by others, against the umask"
    assert any("left: " in line for line in lines), "40 columns: the time left is not shown"
    assert any("2/2" in line for line in lines), "40 columns: the epochs are not shown"


@pytest.fixture(scope="module")
def tiny_config(small_data):
    path = small_data / "tiny.yaml"
    path.write_text(TINY_CONFIG.format(folder=small_data))
    return path


@pytest.fixture(scope="module")
def tiny_run(tiny_config, tmp_path_factory):
    """The run that all others must equal, in surroundings as clean as these."""
    outputs = tmp_path_factory.mktemp("clean")
    result = run_program(tiny_config, "--outputs", outputs)
    assert result.returncode == 0, result.stdout + result.stderr
    return outputs / "tiny"


def home_with(folder, **settings):
    (folder / "home" / ".keras").mkdir(parents=True)
    (folder / "home" / ".keras" / "keras.json").write_text(json.dumps(settings))
    return {"env": {"HOME": str(folder / "home")}}


def pictures_with(folder, text):
    (folder / "rc").mkdir()
    (folder / "rc" / "matplotlibrc").write_text(text)
    return str(folder / "rc")


def path_without(folder, *programs):
    """A PATH on which some programs can't be found."""
    (folder / "bin").mkdir()
    for part in os.environ["PATH"].split(os.pathsep):
        for path in Path(part).glob("*"):
            if path.name not in programs and not os.path.lexists(folder / "bin" / path.name):
                (folder / "bin" / path.name).symlink_to(path)
    return str(folder / "bin")


def linked(path, target):
    path.symlink_to(target)
    return path


def from_windows(config, folder):
    """The same config with a byte order mark and CRLF."""
    path = folder / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + config.read_bytes().replace(b"\n", b"\r\n"))
    return path


# Each: a folder of its own -> what `subprocess.run` is to be told: `env`, `cwd`, a command to be run by, ...
SURROUNDINGS = {
    "a foreign package on PYTHONPATH": lambda f: {"env": {"PYTHONPATH": str(ours_by_name(f))}},
    "an empty entry in PYTHONPATH": lambda f: {"env": {"PYTHONPATH": ":/x"}, "cwd": ours_by_name(f)},
    "PYTHONSAFEPATH": lambda f: {"env": {"PYTHONSAFEPATH": "1"}},
    "modules of Python's names in the folder": lambda f: {"cwd": in_the_way(f, "random.py", "pickle.py")},
    **{
        f"KERAS_BACKEND={name}": lambda f, name=name: {"env": {"KERAS_BACKEND": name}}
        for name in ("torch", "jax", "numpy", "theano")
    },
    "KERAS_NNX_ENABLED": lambda f: {"env": {"KERAS_NNX_ENABLED": "1"}},
    "keras.json: torch": lambda f: home_with(f, backend="torch"),
    "keras.json: channels_first": lambda f: home_with(f, image_data_format="channels_first"),
    "keras.json: float16": lambda f: home_with(f, floatx="float16"),
    "keras.json: float64": lambda f: home_with(f, floatx="float64"),
    "keras.json: epsilon": lambda f: home_with(f, epsilon=0.1),
    "keras.json: nonsense": lambda f: home_with(f, floatx="float12", epsilon=1),
    "matplotlibrc in the folder": lambda f: {"cwd": pictures_with(f, "text.usetex: True\n")},
    "MPLCONFIGDIR": lambda f: {"env": {"MPLCONFIGDIR": pictures_with(f, "path.sketch: 1, 100, 2\n")}},
    "MATPLOTLIBRC": lambda f: {"env": {"MATPLOTLIBRC": pictures_with(f, STRANGE_PICTURES)}},
    "MPLBACKEND=TkAgg": lambda f: {"env": {"MPLBACKEND": "TkAgg"}},
    "MPLBACKEND=nonsense": lambda f: {"env": {"MPLBACKEND": "nonsense"}},
    "PYTHONWARNINGS=error": lambda f: {"env": {"PYTHONWARNINGS": "error"}},
    "umask 077": lambda f: {"umask": 0o077},
    "COLUMNS=0": lambda f: {"env": {"COLUMNS": "0", "LINES": "0"}},
    "no git": lambda f: {"env": {"PATH": path_without(f, "git")}},
    "no HOME": lambda f: {"env": {"HOME": None}},
    "a HOME that isn't there": lambda f: {"env": {"HOME": str(f / "nowhere")}},
    "a TMPDIR that can't be used": lambda f: {"env": {"TMPDIR": str(f / "nowhere")}},
    "an XDG_CACHE_HOME that can't be used": lambda f: {"env": {"XDG_CACHE_HOME": "/dev/null/cache"}},
    "closed standard input": lambda f: {"shell": '"$@" <&-'},
    "TERM=dumb": lambda f: {"env": {"TERM": "dumb"}},
    "64 open files": lambda f: {"shell": 'ulimit -n 64; "$@"'},
    "one core": lambda f: {"shell": 'taskset -c 0 "$@"'},
    "OMP_NUM_THREADS": lambda f: {"env": {"OMP_NUM_THREADS": "7"}},
    "XLA_FLAGS": lambda f: {"env": {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "TF_XLA_FLAGS": ""}},
    "another folder": lambda f: {"cwd": f},
    "train.py by a link": lambda f: {"cwd": f, "train": linked(f / "train.py", ROOT / "train.py")},
    "outputs by a link": lambda f: {"outputs": linked(f / "link", f)},
    "a config from Windows": lambda f: {"config": from_windows},
}


@pytest.mark.deep
@pytest.mark.parametrize("name", SURROUNDINGS)
def test_each_surrounding_alone_changes_no_bit(name, tiny_run, tiny_config, tmp_path):
    around = SURROUNDINGS[name](tmp_path)
    if "taskset" in around.get("shell", "") and not shutil.which("taskset"):
        pytest.skip("no taskset here")
    config = around["config"](tiny_config, tmp_path) if "config" in around else tiny_config
    outputs = around.get("outputs", tmp_path) / "outputs"
    command = [sys.executable, around.get("train", ROOT / "train.py"), config, "--outputs", outputs]
    done = run_in(around, *command)
    assert done.returncode == 0, f"{name} ended the run:\n{done.stdout}{done.stderr}"
    assert "right, of" in done.stdout, f"{name}: no result was printed"
    assert_same(arrays_of(outputs / "tiny"), arrays_of(tiny_run))
    assert pictures_of(outputs / "tiny") == pictures_of(tiny_run), f"{name} changes pictures"


@pytest.mark.deep
@pytest.mark.parametrize("shell", ['"$@" | head -n 1', 'timeout -s HUP 12 "$@"'], ids=["head", "SIGHUP"])
def test_who_stops_listening_loses_nothing(shell, tiny_run, tiny_config, tmp_path):
    command = [sys.executable, ROOT / "train.py", tiny_config, "--outputs", tmp_path / "outputs"]
    done = run_in({"shell": shell}, *command)
    assert "Traceback" not in done.stderr, done.stderr
    assert run_in({}, *command).returncode == 0, "it must go on"
    assert_same(arrays_of(tmp_path / "outputs" / "tiny"), arrays_of(tiny_run))


@pytest.mark.deep
@pytest.mark.parametrize("name", [name for name in SURROUNDINGS if "keras" in name.lower()])
def test_the_lesson_is_the_same(name, tmp_path):
    command = [sys.executable, ROOT / "train.py", "lesson", "--outputs"]
    clean, around = run_in({}, *command, tmp_path / "a"), SURROUNDINGS[name](tmp_path)
    lesson = run_in(around, *command, tmp_path / "b")
    assert lesson.stdout.replace(str(tmp_path / "b"), str(tmp_path / "a")) == clean.stdout, lesson.stderr


def run_in(around, *command):
    """A command in surroundings, as SURROUNDINGS gives them."""
    command = list(map(str, command))
    if "shell" in around:
        command = ["sh", "-c", around["shell"], "sh", *command]
    variables = os.environ | around.get("env", {})
    for name in ("KERAS_BACKEND", "KERAS_HOME", "MPLBACKEND"):  # which these tests have set for themselves
        if name not in around.get("env", {}):
            del variables[name]
    return subprocess.run(
        command,
        cwd=around.get("cwd", ROOT),
        env={name: value for name, value in variables.items() if value is not None},
        umask=around.get("umask", -1),
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.parametrize("floatx", ["float16", "float64"])
def test_a_saved_model_answers_the_same_under_any_keras_json(floatx, small_run, small_data):
    """What a keras.json sets is read as Keras is imported; here it is set afterwards, for the same effect."""
    pictures = np.random.default_rng(0).random((20, 28, 28, 1), np.float32)
    paths = [small_run / name / "seed-0" / "model.keras" for name in ("dense", "cnn")]
    clean = [keras.saving.load_model(path)(pictures).numpy() for path in paths]
    settings = keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()
    set_keras(floatx, 0.1, "channels_first")
    try:
        strange = [keras.saving.load_model(path)(pictures).numpy() for path in paths]
    finally:
        set_keras(*settings)
    for path, one, other in zip(paths, clean, strange, strict=True):
        np.testing.assert_array_equal(one, other, f"{path}: its answers follow from keras.json", strict=True)


def set_keras(floatx, epsilon, data_format):
    keras.config.set_floatx(floatx)
    keras.config.set_epsilon(epsilon)
    keras.config.set_image_data_format(data_format)


def test_the_result_is_found_and_shown_whatever_surrounds_it(small_run, tmp_path, monkeypatch):
    around = {"COLUMNS": "0", "LINES": "0", "PYTHONSAFEPATH": "1", "PYTHONPATH": ":/x"}
    done = run_in(
        {"env": around, "cwd": ours_by_name(tmp_path)}, sys.executable, ROOT / "train.py", "show", small_run
    )
    monkeypatch.chdir(tmp_path)  # from which its folder is named
    told = terminal_block(read_report(RunFolder(small_run)), short_path(small_run), shown=True)
    assert done.stdout.startswith(told + "\n"), done.stderr
    assert "MaxPooling2D" in done.stdout.removeprefix(told), "the layers stand below the result"


def test_help_is_shown_in_no_columns():
    assert "compare" in run_program("--help", COLUMNS="0").stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A copy of a little of the code, committed; git's own settings of this machine left out."""
    for name in ("train.py", "model/run/environment.py", "configs/schema.py", "configs/quick.yaml"):
        path = tmp_path / "ours" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.setattr(environment, "REPOSITORY", tmp_path / "ours")
    commit(tmp_path / "ours")
    return tmp_path / "ours"


def commit(folder, *files):
    """Make a repository of a folder, of all that is in it or some files -> its commit."""
    git = [
        "git",
        "-C",
        str(folder),
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@y",
        "-c",
        "commit.gpgsign=false",
    ]
    for words in (["init", "-q"], ["add", *(files or ["."])], ["commit", "-q", "--no-gpg-sign", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    done = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit_told():
    environment._git_commit.cache_clear()  # as in a process of its own
    return environment.describe_environment(1)["git_commit"]


def test_the_commit_is_that_of_this_code(repository, monkeypatch):
    first = commit_told()
    assert re.fullmatch("[0-9a-f]{40}", first), "a clean copy has a commit, and nothing to add to it"
    (repository / "configs" / "quick.yaml").write_text("another experiment")
    (repository / "notes.py").write_text("of the user")
    assert commit_told() == first, "neither configs nor files beside it are its code"
    (repository / "configs" / "schema.py").write_text("edited")
    assert commit_told() == f"{first}, modified"
    (repository.parent / "other").mkdir()
    (repository.parent / "other" / "file").write_text("theirs")
    commit(repository.parent / "other")
    monkeypatch.setenv("GIT_DIR", str(repository.parent / "other" / ".git"))
    assert commit_told() == f"{first}, modified", "a hook of another repository runs it"
    monkeypatch.setenv("PATH", "")
    assert commit_told() is None, "without git no commit is known"


def test_no_commit_of_somebody_else_is_told(repository):
    shutil.rmtree(repository / ".git")
    assert commit_told() is None, "no repository has no commit"
    commit(repository.parent)
    assert commit_told() is None, "the code stands in somebody else's repository, which has it, too"
    shutil.rmtree(repository.parent / ".git")
    (repository / "file").write_text("theirs")
    commit(repository, "file")
    assert commit_told() is None, "the code was copied over somebody else's repository"


def test_a_git_that_hangs_is_not_waited_for(repository, monkeypatch, tmp_path):
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(environment, "MOST_SECONDS", 0.1)
    assert commit_told() is None

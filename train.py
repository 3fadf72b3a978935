"""ConvLens's command line: one function per verb, no work of its own. What they tell is their help."""

import gc
import os
import re
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

# A library's warning is for its developers: PYTHONWARNINGS=error would make it end a training, or this.
warnings.simplefilter("ignore")
sys.warnoptions.clear()
os.environ.pop("PYTHONWARNINGS", None)

try:
    import typer
except ModuleNotFoundError:
    sys.exit(
        f"{sys.executable} lacks the packages that ConvLens uses. Expected a Python that has them: "
        "`. .venv/bin/activate` takes that of README.md, once in each terminal."
    )

ROOT = Path(__file__).resolve().parent
DEFAULT_CONFIG = ROOT / "configs" / "dense_vs_cnn.yaml"
OUTPUTS = "Folder of runs and of what is made of them; default: outputs."
Outputs = Annotated[Path, typer.Option("--outputs", metavar="DIR", help=OUTPUTS)]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and what TensorFlow says.")]
Json = Annotated[bool, typer.Option("--json", help="Print it for programs, and nothing else.")]
Run = Annotated[Path, typer.Argument(metavar="RUN")]
GUESS = "What you expect, before the result: it is told with it."
SHARD = "Train the I-th of N shares alone, beside the others, also on other machines."
DRY_RUN = "Say what would be trained, where and for how long; nothing is written."
FORMATS = "Networks: onnx, litert, saved_model, keras; tables: csv; figures: svg. May be there several times."


app = typer.Typer(add_completion=False)


@app.command()
def train(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[CONFIG] [KEY=VALUE ...]")] = None,
    outputs: Outputs = Path("outputs"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over where this was done already.")] = False,
    guess: Annotated[str | None, typer.Option(help=GUESS, metavar="ANSWER", show_default=False)] = None,
    shard: Annotated[str | None, typer.Option(help=SHARD, metavar="I/N", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=DRY_RUN)] = False,
    debug: Debug = False,
) -> None:
    """Train, compare, inspect, report. Done already: says so at once."""
    from configs.asked import asked_for
    from configs.command_line import is_setting, single_seed
    from configs.schema import load

    words, asked = list(arguments or []), asked_for(fresh, guess, shard, dry_run, debug)
    path = Path(words.pop(0)) if words and not is_setting(words[0]) else DEFAULT_CONFIG
    of_a_run, lost = path.name == "config.yaml", None
    if of_a_run and not path.exists():
        from model.run.folder import RunFolder

        lost = RunFolder(path.parent).lost_config()
    config = load(path, words, of_a_run, lost)
    if note := single_seed(words):
        typer.echo(note)
    from model.sweep.begin import begin

    raise typer.Exit(begin(config, outputs, _console(), path, asked))


@app.command()
def show(
    run: Annotated[Path | None, typer.Argument(metavar="[RUN]")] = None,
    outputs: Outputs = Path("outputs"),
    debug: Debug = False,
) -> None:
    """The result of a run or sweep again, where to look, its layers (default: the newest)."""
    from model.experiment.progress import say
    from model.experiment.report import newest_run
    from model.run.folder import RunFolder
    from model.sweep.show import told_again

    say(_console(), told_again(RunFolder(run) if run is not None else newest_run(outputs)))


@app.command()
def status(run: Run, as_json: Json = False, debug: Debug = False) -> None:
    """How a run stands: what is done, waits, runs or failed, and what is missing, changed or edited.

    Ends with 0 where all is whole, with 4 where not.
    """
    import json

    from model.experiment.progress import say
    from model.run.folder import RunFolder
    from model.sweep.status import status_of_either

    found = status_of_either(RunFolder(run))
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=1, ensure_ascii=False))
    else:
        say(_console(), found.in_words())
    raise typer.Exit(0 if found.is_whole else 4)


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or pages.", metavar="RUN [RUN ...]")],
    outputs: Outputs = Path("outputs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print comparison.json, and nothing else.")] = False,
    debug: Debug = False,
) -> None:
    """Set runs side by side: what their configs differ in, and which of their models are better.

    Ends with 1 where one of them can't be used; the others are still shown.
    """
    from model.experiment.progress import say, short_path
    from model.side_by_side.compare_runs import compare_runs
    from model.side_by_side.files import write_comparison
    from model.side_by_side.text import comparison_block, faults

    comparison = compare_runs(runs, outputs)
    folder, comparison = write_comparison(comparison, outputs)
    if as_json:
        typer.echo((folder / "comparison.json").read_text(encoding="utf-8"), nl=False)
        for fault in faults(comparison):
            typer.echo(fault, err=True)
    else:
        console = _console()
        say(console, comparison_block(comparison, short_path(folder), console.width))
    raise typer.Exit(1 if comparison.unusable or comparison.not_drawn else 0)


@app.command()
def inspect(
    words: Annotated[list[str], typer.Argument(metavar="RUN, or MODEL.keras ... [KEY=VALUE ...]")],
    outputs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Of files: where their run goes.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Look into a run's models again, or into networks of .keras files: a run of them."""
    from model.experiment.conductor import inspect as inspect_words

    raise typer.Exit(inspect_words(words, outputs, _console(), debug))


@app.command()
def lesson(
    run: Annotated[Path | None, typer.Argument(metavar="[RUN]")] = None,
    outputs: Outputs = Path("outputs"),
    model: Annotated[str | None, typer.Option(help="Of the run: which network; default: cnn.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the run: which training; default: the first.")] = None,
    layer: Annotated[
        str | None, typer.Option(help="Of the network: which convolution; default: conv1.")
    ] = None,
    filter_: Annotated[
        str, typer.Option("--filter", help="Of the layer: which filter. Without RUN: nine numbers.")
    ] = "",
    at: Annotated[
        str | None, typer.Option(metavar="ROW,COL", help="Place in its map; default: the largest.")
    ] = None,
    image: Annotated[
        int | None, typer.Option(metavar="TEST_INDEX", help="Which test picture; default: 0.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Convolution and pooling worked by hand and checked.

    With RUN: on your own trained network. With --filter and nine numbers: any filter on any test picture.
    """
    from configs.schema import Data
    from model.experiment.opening import config_and_data, load_data
    from model.lesson.lesson import lesson as whole_lesson
    from model.lesson.your_filter import lesson_filter
    from model.lesson.your_run import lesson_run, refuse_without_run
    from model.run.folder import RunFolder

    asked: dict[str, Any] = {"model": model, "seed": seed, "layer": layer, "at": at, "image": image}
    if run is not None:
        _, splits = config_and_data(RunFolder(run))
        lesson_run(run, outputs, splits.test, splits.class_names, typer.echo, filter_=filter_, **asked)
        return
    refuse_without_run(asked, filter_)
    splits = load_data(Data())
    if filter_:
        lesson_filter(outputs, filter_, image or 0, splits.test, splits.class_names, typer.echo)
    else:
        whole_lesson(outputs, splits.test, splits.class_names, typer.echo)


@app.command()
def predict(
    run: Run,
    pictures: Annotated[list[str], typer.Argument(metavar="IMAGE ...", help="Files, folders, or - (stdin).")],
    outputs: Outputs = Path("outputs"),
    model: Annotated[str | None, typer.Option(help="Which model is asked; default: all.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """What networks say of your own pictures, and why. Ends with 3 where one can't be read."""
    from model.prediction.predict import predict as answer
    from model.run.folder import RunFolder

    raise typer.Exit(answer(RunFolder(run), pictures, outputs, _console(), model, as_json, debug))


@app.command()
def export(
    run: Run,
    forms: Annotated[list[str], typer.Option("--format", metavar="FORMAT", help=FORMATS)],
    model: Annotated[str | None, typer.Option(help="Whose network; default: of every model.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of which training; default: the first.")] = None,
    outputs: Outputs = Path("outputs"),
    debug: Debug = False,
) -> None:
    """Networks, numbers and pictures of a run for other programs, into exports/RUN/.

    Ends with 4 where some of it could not be made; the rest is there.
    """
    from model.export.export import export_run
    from model.run.folder import RunFolder

    raise typer.Exit(export_run(RunFolder(run), forms, outputs, _console(), model, seed, debug))


@app.command()
def data(
    pack: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--pack", metavar="SOURCE FOLDER", help="Pack SOURCE into a new FOLDER."),
    ] = None,
    transpose: Annotated[
        bool, typer.Option("--transpose", help="With --pack: swap rows and columns.")
    ] = False,
    invert: Annotated[bool, typer.Option("--invert", help="With --pack: make light of dark.")] = False,
    debug: Debug = False,
) -> None:
    """Fetch and verify the data set, say where it came from.

    With --pack: make such files of class folders of pictures (also in train/ and test/), CSV, npz or IDX
    files of other kinds.
    """
    from configs.schema import ConfigError, Data
    from data.fashion_mnist import load

    if pack is not None:
        from model.packing.pack import pack as pack_data

        raise typer.Exit(pack_data(*pack, _console(), transpose, invert))
    if transpose or invert:
        raise ConfigError(
            "--transpose and --invert are for --pack SOURCE FOLDER; add that, or leave them out."
        )

    splits = load(Data())
    typer.echo(
        f"{splits.title}, {splits.source}: {len(splits.train.labels) + len(splits.validation.labels):,} "
        f"training images, {len(splits.test.labels):,} test images, digest {splits.digest}"
    )


@app.command()
def schema(debug: Debug = False) -> None:
    """The JSON Schema of a config, for editors."""
    import json

    from configs.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


def main(arguments: list[str]) -> int:
    """Run a command line.

    Args:
        arguments: without the program's name. If the first is not a verb, the verb is training.

    Returns:
        The exit code: 0 done; 2 the config or the command is wrong; 3 the data; 4 a job failed
        or a picture could not be drawn; 130 and 143 interrupted; 1 anything else.
    """
    from configs.command_line import must_be_text, with_verb
    from configs.usage import help_asked, must_have_values, wrong_use
    from model.run.signals import Interrupted, await_signals

    await_signals()
    program: Any = typer.main.get_command(app)
    verbs = program.commands
    try:
        must_be_text(arguments)
        if text := help_asked(arguments, verbs):
            typer.echo(text)
            return 0
        arguments = with_verb(arguments, verbs)
        must_have_values(arguments, verbs)
        return int(program(arguments, prog_name="python train.py", standalone_mode=False) or 0)
    except SystemExit as end:
        return int(end.code or 0)
    except Interrupted as interrupted:
        from model.run.ending import interrupted_in_words

        typer.echo(f"\n{interrupted_in_words(interrupted.number, arguments)}", err=True)
        return 128 + interrupted.number
    except Exception as error:
        wrong = wrong_use(error, arguments, verbs)
        if "--debug" in arguments and not wrong:
            raise
        from model.run.ending import explained

        text, code = (wrong, 2) if wrong else explained(error)
        typer.echo(text, err=True)
        return code


def _console() -> Any:
    from rich.console import Console

    return Console()


def _settle() -> None:
    """Keep out what surrounds this program by chance, here and in the processes that it starts."""
    # Ours is found before others of the same name, whatever PYTHONPATH and the working folder hold.
    sys.path.insert(0, str(ROOT))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["PYTHONSAFEPATH"] = "1"
    for stream in (sys.stdout, sys.stderr):  # a name that can't be printed costs itself alone
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for size in ("COLUMNS", "LINES"):  # some terminals say 0, and nothing would fit in
        if not re.fullmatch(r"[1-9][0-9]{0,3}", os.environ.get(size, "")):
            os.environ.pop(size, None)


if __name__ == "__main__":
    _settle()
    # Imports make many objects and hardly any garbage. To look for it among them, again and again and once
    # more at the end, would be a sixth of the time that `compare` takes.
    gc.set_threshold(100_000)
    code = main(sys.argv[1:])
    gc.freeze()
    sys.exit(code)

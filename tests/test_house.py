"""The rules of the house, read from the imports themselves: `model/README.md` says what the rooms are for."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "train.py", *(p for top in ("configs", "data", "model") for p in (ROOT / top).rglob("*.py"))]
FLOORS = [  # a room may import from the floors below its own, and from neighbours named beside it
    {"configs": set()},
    {"data": set()},
    {"model.networks": set()},
    {"model.run": set(), "model.worth": set()},
    {"model.report": set(), "model.training": set()},
    {
        "model.attribution": set(),
        "model.comparison": set(),
        "model.lesson": set(),
    },
    {
        "model.inspection": {"model.worth", "model.attribution"},
        "model.robustness": {"model.comparison"},
    },
    {"model.page": set()},
    {"model.experiment": set()},
    {"model.sweep": {"model.comparison"}},
    {
        "model.export": set(),
        "model.packing": set(),
        "model.prediction": {"model.attribution", "model.comparison"},
        "model.side_by_side": {"model.comparison"},
    },
    {"train": set()},
]
SUBJECTS = {  # know of one another what stands beside them above, and nothing else
    *("model.worth", "model.training", "model.attribution", "model.comparison", "model.lesson"),
    *("model.inspection", "model.robustness", "model.side_by_side", "model.packing", "model.prediction"),
}
WITHOUT_TENSORFLOW = [  # what the parent imports, which starts at once
    "configs.schema",
    "data.fashion_mnist",
    "data.lines",
    "data.perturbations",
    "model.run.checkpoints",
    "model.comparison.compare",
    "model.experiment.conductor",
    "model.training.job",
    "model.inspection.job",
    "model.attribution.job",
    "model.run.speed",
    "model.run.workers",
    "model.networks.facts",
    "model.experiment.results",
    "model.robustness.measure",
    "model.robustness.curves",
    "model.side_by_side.compare_runs",
    "model.run.folder",
    "model.run.manifest",
    "model.experiment.status",
    "model.comparison.intervals",
    "model.comparison.verdict",
    "model.side_by_side.files",
    "model.sweep.sweep",
    "model.experiment.notebook",
    "model.experiment.writer",
    "model.export.export",
    "model.inspection.figures",
    "model.packing.pack",
    "model.prediction.predict",
    "model.report.tables",
    "model.page.render",
    "train",
]


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imported_names(path):
    """All that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imports(path):
    """All modules of the house that a file imports."""
    return imported_names(path) & {module_name(file) for file in FILES}


def room_of(name):
    """The folder of a module; train.py is a room of its own."""
    return ".".join(name.split(".")[: 2 if name.startswith("model.") else 1])


IMPORTS = {module_name(path): imports(path) for path in FILES}
ROOMS = {room_of(name) for name in IMPORTS if not name.endswith("__init__")}
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}
NEIGHBOURS = {room: others for floor in FLOORS for room, others in floor.items()}


def test_no_import_goes_in_a_circle():
    try:
        graphlib.TopologicalSorter(IMPORTS).prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"modules import each other in a circle: {' <- '.join(error.args[1])}")


def test_every_module_stands_in_a_room_that_is_known():
    assert FLOOR_OF.keys() == ROOMS, (
        "rooms and FLOORS differ: every module of model/ stands in a folder of it"
    )


@pytest.mark.parametrize("room", FLOOR_OF)
def test_a_room_knows_what_is_below_it_alone(room):
    for name, imported in IMPORTS.items():
        if room_of(name) != room:
            continue
        for other in {room_of(module) for module in imported} - {room, "model.__init__"}:
            assert FLOOR_OF[other] < FLOOR_OF[room], f"{name} imports from {other}, which stands above it"
            subjects = room in SUBJECTS and other in SUBJECTS
            assert not subjects or other in NEIGHBOURS[room], (
                f"{name} imports from {other}: a subject knows another only where FLOORS says so"
            )


def test_keras_is_imported_where_it_was_told_first_what_is_ours():
    for path in FILES:
        libraries = {name.partition(".")[0] for name in imported_names(path)}
        assert "keras" not in libraries or path.is_relative_to(ROOT / "model"), (
            f"{path.relative_to(ROOT)} imports Keras, and not after model/__init__.py, with a user's settings"
        )


def test_every_folder_of_code_is_a_package():
    for path in FILES[1:]:
        assert (path.parent / "__init__.py").exists(), (
            f"{path.parent.relative_to(ROOT)} has no __init__.py: namesakes elsewhere would be found first"
        )


def test_no_drawer_for_odds_and_ends():
    for path in FILES:
        assert path.stem not in {"utils", "helpers", "common", "misc"}, f"{path.name} does not say its job"


def test_no_file_is_too_long():
    for path in FILES:
        lines = len(path.read_text().splitlines())
        assert lines <= 350, f"{path.relative_to(ROOT)} has {lines} lines and asks to be cut"


def test_the_parent_never_loads_tensorflow():
    """In one process, one after another: who is named is the first whose import loads it."""
    code = f"""
import importlib, sys
for name in {WITHOUT_TENSORFLOW}:
    importlib.import_module(name)
    if {{"tensorflow", "keras"}} & set(sys.modules):
        sys.exit(f"importing {{name}} loads TensorFlow, which takes seconds")
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr

"""The rules of the house, read from the imports themselves."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "train.py", *(p for top in ("configs", "data", "model") for p in (ROOT / top).rglob("*.py"))]
WITHOUT_TENSORFLOW = [
    "configs.schema",
    "data.fashion_mnist",
    "data.lines",
    "data.perturbations",
    "model.checkpoints",
    "model.comparison",
    "model.experiment",
    "model.jobs",
    "model.launch",
    "model.layer_facts",
    "model.results",
    "model.robustness",
    "model.robustness_curves",
    "model.run_comparison",
    "model.run_folder",
    "model.statistics",
    "model.verdict",
    "model.report.run_comparison_files",
    "model.report.writer",
    "model.report.inspection_figures",
    "model.report.tables",
    "train",
]
CONDUCTORS = {"model.experiment", "model.jobs", "model.results", "train"}  # may know more than one stage
STAGES = {"training", "evaluation", "inspection", "statistics", "report", "launch", "lesson"}


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


IMPORTS = {module_name(path): imports(path) for path in FILES}


def test_no_import_goes_in_a_circle():
    try:
        graphlib.TopologicalSorter(IMPORTS).prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"modules import each other in a circle: {' <- '.join(error.args[1])}")


def test_data_and_configs_know_nothing_of_models():
    for name, imported in IMPORTS.items():
        if name.startswith(("data.", "configs.")):
            wrong = {other for other in imported if other.startswith("model.")}
            assert not wrong, f"{name} imports {wrong}: data flows from data to model, not back"


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


def test_only_the_conductors_know_more_than_one_stage():
    def stage(name):
        parts = name.split(".")
        stem = parts[1].split("_")[0] if parts[0] == "model" else None
        return stem if stem in STAGES else None

    allowed = {
        "report": {"launch", "lesson"},  # the events that progress shows, the numbers that the lesson tells
        "lesson": {"report"},  # a small program of its own: it computes and has itself drawn
    }

    for name, imported in IMPORTS.items():
        if name in CONDUCTORS:
            continue
        known = {stage(other) for other in imported} - {None, stage(name)} - allowed.get(stage(name), set())
        assert not stage(name) or not known, (
            f"{name} imports {sorted(known)}: only {sorted(CONDUCTORS)} may join stages"
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

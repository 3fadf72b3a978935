"""Mutation testing: one small fault at a time is put into a module, and its tests must notice.

    python -m tests.mutation data/idx.py configs/schema.py

Each mutant is a fork of this process that imports the changed module (no file is touched) and runs the tests
of that module until one fails. A mutant that no test notices survives; it is either a gap in the tests or
equivalent to the original. The figures and the survivors go to tests/mutation.json, where a `reason` written
beside a survivor stays. Words of messages are not mutated: strings with a space in them are prose.
"""

import ast
import copy
import gc
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).with_suffix(".json")
COMMAND = "python -m tests.mutation"
_CONFIGS = [
    "test_document",
    "test_explain",
    "test_schema_golden",
    "test_values",
    "test_schema",
    "test_strict_yaml",
]
TESTS = {  # by module, the quickest first
    "data/idx.py": ["test_idx_faults", "test_idx"],
    "configs/strict_yaml.py": ["test_strict_yaml", *_CONFIGS],
    "configs/document.py": _CONFIGS,
    "configs/values.py": ["test_values", *_CONFIGS],
    "configs/networks.py": ["test_schema", *_CONFIGS],
    "configs/schema.py": ["test_schema", *_CONFIGS],
    "model/checkpoints.py": ["test_checkpoints"],
}
MOST_MEMORY = 2 << 30  # bytes of addresses that a mutant may take
MOST_SECONDS = 600  # by the clock; of the processor, twice what the tests take and 5 s more
BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OPPOSITE = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A module with one fault: the line of the original, what became of it, and the changed module."""

    line: int
    source: str
    change: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a module, in the order of its lines."""
    tree, lines = ast.parse(source), source.splitlines()
    places = list(_places(tree))
    for number, place in enumerate(places):
        for variant in range(len(list(_variants(place)))):
            changed = copy.deepcopy(tree)
            twin = list(_places(changed))[number]
            new = list(_variants(twin))[variant]
            before = _text(place.node)
            _put(twin, new)
            ast.fix_missing_locations(changed)
            line = place.node.lineno
            yield Mutant(line, lines[line - 1].strip(), f"{before}  ->  {_text(new)}", changed)


@dataclass(frozen=True)
class _Place:
    """A node, the node above it, and how the one hangs on the other."""

    node: Any
    parent: ast.AST
    name: str
    index: int | None
    kinds: frozenset[str]  # what it stands in: an annotation, a type, an f-string


def _places(node: ast.AST, kinds: frozenset[str] = frozenset()) -> Iterator[_Place]:
    """Every node that may be mutated, parents before what stands in them."""
    for name, value in ast.iter_fields(node):
        if (
            name in ("annotation", "returns") and not isinstance(node, ast.AnnAssign)
        ) or name == "type_params":
            continue  # of arguments and results: nothing depends on them
        inner = kinds | {"type"} if name in ("annotation", "slice") else kinds
        if isinstance(node, ast.JoinedStr):
            inner = kinds | {"text"}
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_prose(node, child):
                continue
            in_types = isinstance(node, ast.Call) and _text(node.func) == "isinstance" and index == 1
            below = inner | {"type"} if in_types else inner
            if isinstance(child, ast.expr | ast.stmt):
                yield _Place(child, node, name, index, below)
            yield from _places(child, below - {"text"} if isinstance(child, ast.FormattedValue) else below)


def _is_prose(parent: ast.AST, child: ast.AST) -> bool:
    """Whether this is a docstring, or the list of what a module offers."""
    docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
    return docstring or (isinstance(child, ast.Assign) and _text(child.targets[0]) == "__all__")


def _variants(place: _Place) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    node = place.node
    match node:
        case ast.Compare():
            for number, operator in enumerate(node.ops):
                for table in (BOUNDARY, OPPOSITE):
                    if type(operator) in table:
                        ops = [*node.ops[:number], table[type(operator)](), *node.ops[number + 1 :]]
                        yield ast.Compare(node.left, ops, node.comparators)
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            if not ("type" in place.kinds and isinstance(node.op, ast.BitOr)):
                yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
        case ast.AugAssign() if type(node.op) in ARITHMETIC:
            yield ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant():
            yield from map(ast.Constant, _other_values(node.value, place.kinds))
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Expr(value=ast.Call()) | ast.Delete():
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
    tested = place.name == "test" or (place.name == "ifs" and isinstance(place.parent, ast.comprehension))
    if tested and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)
    if isinstance(place.parent, ast.ExceptHandler) and isinstance(node, ast.Tuple):
        for kind in node.elts:
            yield ast.Tuple([other for other in node.elts if other is not kind], ast.Load())


def _other_values(value: Any, kinds: frozenset[str]) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value * 1.5 + 1]
    if isinstance(value, str | bytes) and value and "text" not in kinds and not _has_space(value):
        return [value + value[-1:]]
    return []


def _has_space(value: str | bytes) -> bool:
    return (" " if isinstance(value, str) else b" ") in value  # type: ignore[operator]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _put(place: _Place, new: ast.AST) -> None:
    if place.index is None:
        setattr(place.parent, place.name, new)
    else:
        getattr(place.parent, place.name)[place.index] = new


def _text(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).splitlines()[0]
    return text if len(text) <= 90 else f"{text[:87]}..."


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from changed code."""

    def __init__(self, path: str, code: CodeType) -> None:
        self._name, self._path, self._code = path.removesuffix(".py").replace("/", "."), path, code

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, ROOT / self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


def survives(path: str, code: CodeType, seconds: int) -> bool:
    """Whether all tests of a module pass with this code in its place, in a fork of this process.

    A mutant that never ends is noticed, too: by the processor time it takes, or by the clock.
    """
    child = os.fork()
    if not child:
        os._exit(_run_tests(path, code, seconds))
    end = time.monotonic() + MOST_SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run_tests(path: str, code: CodeType, seconds: int) -> int:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.meta_path.insert(0, _Mutated(path, code))
    gc.freeze()  # collecting would walk through all that the parent holds
    files = [f"tests/{name}.py" for name in dict.fromkeys(TESTS[path])]
    quick = [
        "-x",
        "-q",
        "--no-cov",
        "--tb=no",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:unraisableexception",
    ]
    try:
        return int(pytest.main([*quick, *files]))
    except BaseException:
        return 1


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def try_module(path: str) -> dict[str, Any]:
    """Try all mutants of one module -> their number, how many were killed, and the survivors."""
    source = (ROOT / path).read_text()
    before = _children_seconds()
    if not survives(path, compile(source, path, "exec"), MOST_SECONDS):
        sys.exit(f"{path}: its tests fail without any mutation; mend them first")
    seconds = 5 + round(2 * (_children_seconds() - before))
    survivors: list[dict[str, Any]] = []
    number = 0
    for number, mutant in enumerate(mutants(source), 1):  # noqa: B007
        if survives(path, compile(mutant.tree, path, "exec"), seconds):
            survivors.append({"line": mutant.line, "source": mutant.source, "change": mutant.change})
            print(f"{path}:{mutant.line}  survives: {mutant.change}", flush=True)
    killed = number - len(survivors)
    print(f"{path}: {killed} of {number} killed ({killed / number:.1%})", flush=True)
    return {"mutants": number, "killed": killed, "share": round(killed / number, 4), "survivors": survivors}


def main(paths: list[str]) -> None:
    """Try the mutants of some modules (default: all), and record the result."""
    from hypothesis import Phase, settings

    settings.register_profile("mutation", phases=(Phase.explicit, Phase.generate), database=None)
    settings.load_profile("mutation")
    for name in ("numpy", "pydantic", "yaml"):  # once, and not in every fork
        importlib.import_module(name)
    pytest.main(["--version"])  # which imports its plugins
    for path in paths or list(TESTS):
        found = try_module(path)
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"command": COMMAND, "modules": {}}
        reasons = {
            (old["source"], old["change"]): old["reason"]
            for old in known["modules"].get(path, {}).get("survivors", [])
            if "reason" in old
        }
        for survivor in found["survivors"]:
            if (survivor["source"], survivor["change"]) in reasons:
                survivor["reason"] = reasons[survivor["source"], survivor["change"]]
        known["modules"][path] = found
        RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    main(sys.argv[1:])

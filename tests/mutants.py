"""Small faults that mutation testing puts into a module, one at a time.

What no behaviour depends on is left as it is: docstrings, annotations, `__all__`; strings with a space in
them and the text of f-strings, which are prose; `frozen=` of dataclasses and `strict=` of `zip`, which only
guard; and in modules that draw, whole numbers of pixels, where one more or less moves something by a pixel:
in the arguments of a call that draws on a sheet or fits a text, and in what is assigned to a name ending in
a word of LENGTHS. Not taken for pixels are what is compared, an index, what divides or is a remainder (it
counts columns), the arguments of other calls, and what is drawn on axes, which is in units of the data.
Operators, strings and fractions in a layout are mutated all the same.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
GUARDS = ("frozen", "strict")  # keywords
DRAWN_ON = {"sheet", "overlay"}  # a call of their methods, or with one of them first, draws
LAID_OUT = {"Sheet", "shortened", "wrapped"}  # take pixels, too
LENGTHS = {"x", "y", "left", "right", "top", "bottom", "middle", "lower", "width", "height", "size", "cell"}
LENGTHS |= {"side", "sides", "gap", "pixels"}


@dataclass(frozen=True)
class Mutant:
    """A module with one fault.

    line, source: of the original.
    change: what became of it.
    lines: first and last of the statement that it stands in, without the statements inside that.
    inside: whether only a call executes it, as it stands in a function; else importing does.
    code: of the whole changed module.
    """

    line: int
    source: str
    change: str
    lines: tuple[int, int]
    inside: bool
    code: str


@dataclass(frozen=True)
class _Surroundings:
    """What a node stands in: kinds (type, text, drawing, pixels), its statement, whether in a function."""

    kinds: frozenset[str] = frozenset()
    statement: Any = None
    inside: bool = False


@dataclass(frozen=True)
class _Place:
    """A node, the node above it, and how the one hangs on the other."""

    node: Any
    parent: ast.AST
    name: str
    index: int | None
    around: _Surroundings


def count(source: str) -> int:
    """How many mutants a module has."""
    return sum(len(list(_variants(place))) for place in _places(ast.parse(source)))


def mutant(source: str, number: int) -> Mutant:
    """One of the mutants of a module, counted from 0."""
    tree = ast.parse(source)
    for place in _places(tree):
        variants = list(_variants(place))
        if number < len(variants):
            break
        number -= len(variants)
    else:
        raise IndexError("the module has fewer mutants")
    line, statement = place.node.lineno, place.around.statement
    change = f"{_text(place.node)}  ->  {_text(variants[number])}"
    body = getattr(statement, "body", None)
    last = max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno
    _put(place, variants[number])
    code = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    lines = (min(statement.lineno, line), max(last, line))
    return Mutant(line, source.splitlines()[line - 1].strip(), change, lines, place.around.inside, code)


def _places(tree: ast.Module) -> Iterator[_Place]:
    """Every node that may be mutated, parents before what stands in them."""
    draws = any(isinstance(node, ast.Name) and node.id == "sheet" for node in ast.walk(tree))
    return _places_in(tree, _Surroundings(frozenset({"drawing"}) if draws else frozenset()))


def _places_in(node: ast.AST, around: _Surroundings) -> Iterator[_Place]:
    for name, value in ast.iter_fields(node):
        if name == "type_params" or (
            name in ("annotation", "returns") and not isinstance(node, ast.AnnAssign)
        ):
            continue  # of arguments and results: nothing depends on them
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_idle(child):
                continue
            inner = _Surroundings(
                _kinds(node, name, index, child, around.kinds),
                child if isinstance(child, ast.stmt) else around.statement,
                around.inside or (name == "body" and isinstance(node, ast.FunctionDef | ast.Lambda)),
            )
            if isinstance(child, ast.expr | ast.stmt):
                yield _Place(child, node, name, index, inner)
            yield from _places_in(child, inner)


def _kinds(
    node: ast.AST, name: str, index: int | None, child: ast.AST, kinds: frozenset[str]
) -> frozenset[str]:
    """What a child stands in."""
    match node:
        case ast.JoinedStr():
            kinds |= {"text"}
        case ast.FormattedValue() | ast.Compare():
            kinds -= {"text", "pixels"}
        case ast.Call() if name in ("args", "keywords"):
            kinds = kinds | {"pixels"} if "drawing" in kinds and _draws(node) else kinds - {"pixels"}
            if _text(node.func) == "isinstance" and index == 1:
                kinds |= {"type"}
        case ast.BinOp(op=ast.Mod() | ast.FloorDiv()) if name == "right":
            kinds -= {"pixels"}
        case ast.Assign() | ast.For() if "drawing" in kinds and name in ("value", "iter"):
            if any(target.lower().split("_")[-1] in LENGTHS for target in _targets(node)):
                kinds |= {"pixels"}
    if name in ("annotation", "slice"):
        kinds = (kinds | {"type"}) - {"pixels"}
    return kinds


def _draws(call: ast.Call) -> bool:
    """Whether this is `sheet.text(...)`, `arrow(overlay, ...)` or the like."""
    on = call.func.value if isinstance(call.func, ast.Attribute) else call.args[0] if call.args else None
    return (isinstance(on, ast.Name) and on.id in DRAWN_ON) or _text(call.func) in LAID_OUT


def _targets(node: ast.Assign | ast.For) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _is_idle(node: ast.AST) -> bool:
    """Whether no behaviour depends on this: a docstring, the list of what a module offers, a guard."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.keyword(arg=str(name)):
            return name in GUARDS
    return False


def _variants(place: _Place) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    node, kinds = place.node, place.around.kinds
    match node:
        case ast.Compare():
            for number, operator in enumerate(node.ops):
                for table in (BOUNDARY, OPPOSITE):
                    if type(operator) in table:
                        ops = [*node.ops[:number], table[type(operator)](), *node.ops[number + 1 :]]
                        yield ast.Compare(node.left, ops, node.comparators)
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            if not ("type" in kinds and isinstance(node.op, ast.BitOr)):
                yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
        case ast.AugAssign() if type(node.op) in ARITHMETIC:
            yield ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant():
            yield from map(ast.Constant, _other_values(node.value, kinds))
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
        return [] if "pixels" in kinds else [value + 1, value - 1]
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

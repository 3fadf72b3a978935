"""Joins the page's small scripts into one: a page that is opened from disk can't import modules.

It goes by rule, not by a parser of JavaScript; a script that breaks a rule is refused:

- imports stand at the top, by name, from a file beside it: `import { a, b } from "./file.js";`
- `export` stands before a function, a class, a `const` or a `let`, at the beginning of a line;
- no name of the outermost level stands in two files, and imports go in no circle.
"""

import re
from pathlib import Path

COMMENTS = re.compile(r"(?:[ \t]*//[^\n]*\n|\s*\n)*")
IMPORT = re.compile(r'import \{([\w$\s,]+)\} from "\./([\w-]+\.js)";\n')
DECLARATION = re.compile(r"^(export )?(?:(?:async )?function\*?|class|const|let) ([\w$]+)", re.MULTILINE)
REFUSED = {  # whatever begins a line so, or stands somewhere
    r"^import\b": "an import that does not stand at the top, by name",
    r"^export (?!(?:async )?function\b|class\b|const \w|let \w)": "an export that is no declaration",
    r"^(?:(?:export )?(?:const|let) [\[{]|var\b)": "names of the outermost level that can't be seen",
    r"</script|<!--": "text that ends a script, or hides the rest of it",
}


def joined(entry: Path) -> str:
    """One strict script of a file and all that it imports, the imported first.

    It runs where it stands, and leaves no name behind.

    Raises:
        ValueError: a file breaks a rule; the text says which.
    """
    order: list[str] = []
    owners: dict[str, str] = {}
    _add(entry, order, owners, ())
    return '"use strict";\n(() => {\n' + "\n".join(order) + "})();\n"


def _add(path: Path, order: list[str], owners: dict[str, str], importers: tuple[str, ...]) -> None:
    """Put a script behind those that it imports, if it is not there yet."""
    name = path.name
    if name in importers:
        raise ValueError(f"{name} imports itself, through {' and '.join(importers)}")
    if name in owners.values():
        return
    imports, text = _taken_apart(path)
    for other, wanted in imports:
        _add(path.with_name(other), order, owners, (*importers, name))
        declared = DECLARATION.finditer(path.with_name(other).read_text(encoding="utf-8"))
        exported = {found[2] for found in declared if found[1]}
        if missing := sorted(wanted - exported):
            raise ValueError(f"{name} imports {missing[0]}, which {other} does not export")
    for found in DECLARATION.finditer(text):
        if (owner := owners.setdefault(found[2], name)) != name:
            raise ValueError(f"{found[2]} stands in {owner} and in {name}; one of them needs another name")
    owners.setdefault(f"({name})", name)  # a file that declares nothing is known, too
    order.append(re.sub(r"^export ", "", text, flags=re.MULTILINE))


def _taken_apart(path: Path) -> tuple[list[tuple[str, set[str]]], str]:
    """The imports of a script, as (file, names), and the rest of it."""
    text = path.read_text(encoding="utf-8")
    place = len(COMMENTS.match(text)[0])  # type: ignore[index]  # it matches nothing, too
    head, imports = text[:place], []
    while found := IMPORT.match(text, place):
        imports.append((found[2], set(found[1].replace(",", " ").split())))
        place = found.end()
    rest = head + text[place:]
    for pattern, what in REFUSED.items():
        if wrong := re.search(f"(?:{pattern}).*", rest, re.MULTILINE):
            raise ValueError(f"{path.name} has {what}: {wrong[0]}")
    return imports, rest

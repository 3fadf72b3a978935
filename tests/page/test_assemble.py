"""Scripts are joined by rule; what breaks a rule is refused before a browser would stumble over it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from model.page.assemble import joined
from model.page.render import SCRIPTS

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes scripts by name, and gives the first."""

    def written(**scripts: str) -> Path:
        for name, text in scripts.items():
            (tmp_path / f"{name}.js").write_text(text)
        return tmp_path / f"{next(iter(scripts))}.js"

    return written


def test_the_imported_comes_first_and_once(write: Write) -> None:
    entry = write(
        main='// What it is.\n\nimport { a } from "./a.js";\nimport {\n  b,\n} from "./b.js";\n\na(b);\n',
        a='import { b } from "./b.js";\nexport function a() { return b; }\n',
        b="export const b = 1;\nconst own = 2;\n",
    )
    code = joined(entry)
    assert code.startswith('"use strict";\n(() => {\n'), "names of the page's script reach the window"
    assert not re.search(r"\b(?:import|export)\b", code)
    places = [code.index(text) for text in ("const b = 1;", "function a()", "// What it is.", "a(b);")]
    assert places == sorted(places), "a script uses what has not run yet"
    assert code.count("const b") == 1, "what two scripts import is there twice"


@pytest.mark.parametrize(
    ("scripts", "told"),
    [
        ({"main": 'const a = 1;\nimport { b } from "./b.js";\n', "b": ""}, "does not stand at the top"),
        ({"main": 'import b from "./b.js";\n', "b": ""}, "does not stand at the top, by name"),
        ({"main": 'import { b as c } from "./b.js";\n', "b": "export const b = 1;\n"}, "does not export"),
        ({"main": 'import { c } from "./b.js";\n', "b": "const c = 1;\n"}, "imports c, which b.js does not"),
        ({"main": "export default 1;\n"}, "an export that is no declaration: export default 1;"),
        ({"main": "const a = 1;\nexport { a };\n"}, "an export that is no declaration"),
        ({"main": "const { a } = b;\n"}, "names of the outermost level that can't be seen"),
        ({"main": "var a = 1;\n"}, "names of the outermost level that can't be seen"),
        ({"main": 'const a = "</script>";\n'}, "text that ends a script"),
        (
            {"main": 'import { b } from "./b.js";\nfunction a() {}\n', "b": "export const b = 1;\nlet a;\n"},
            "a stands in b.js and in main.js",
        ),
        (
            {"main": 'import { b } from "./b.js";\nexport const a = 1;\n',
             "b": 'import { a } from "./main.js";\nexport const b = 1;\n'},
            "main.js imports itself, through main.js and b.js",
        ),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused(scripts: dict[str, str], told: str, write: Write) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        joined(write(**scripts))


@pytest.mark.parametrize("name", ["page.js", "comparison.js"])
def test_the_scripts_of_the_pages_keep_the_rules(name: str) -> None:
    code = joined(SCRIPTS / name)
    assert not re.search(r"^(?:import|export)\b", code, re.MULTILINE)
    assert len(code) < 300_000, "the script is larger than what it draws"


def test_every_script_is_used() -> None:
    code = joined(SCRIPTS / "page.js") + joined(SCRIPTS / "comparison.js")
    for path in SCRIPTS.glob("*.js"):
        first = next(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
        assert first in code, f"{path.name} is in no page"
        assert first.startswith("// "), f"{path.name} does not say what it is for"

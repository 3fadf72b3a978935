"""Config files and overrides: what is read, what is changed, and the words when that can't be."""

import os
from pathlib import Path

import pytest

from configs.document import Document, override, read_file
from configs.strict_yaml import ConfigError, Keys

KNOWN = Path("configs")


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "mine.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_file(path, KNOWN)
    return str(caught.value)


FILES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "mine.yaml: the file is empty. Expected a config; configs/quick.yaml is one to copy."),
    "comments": ("# nothing\n", "mine.yaml: the file is empty."),
    "text": ("hello", "mine.yaml: this is 'hello', and no config. Expected keys with values"),
    "list": ("- a\n- b\n", "mine.yaml: this is ['a', 'b'], and no config."),
    "large": (b"#" * 65537, "mine.yaml: the file is larger than 64 KiB."),
    "latin-1": ("a: 1\nb: ü".encode("latin-1"), "mine.yaml, line 2: byte 0xfc is not UTF-8 text."),
    "utf-16": ("a: 1".encode("utf-16"), "mine.yaml, line 1: byte 0xff is not UTF-8 text."),
    "png": (b"\x89PNG\r\n\x1a\n", "line 1: byte 0x89 is not UTF-8 text. Check that this is a config"),
    "zeros": (bytes(100), "line 1: the character '\\x00' can't be in a config."),
}


@pytest.mark.parametrize(("content", "fragment"), FILES.values(), ids=FILES)
def test_files_that_are_no_configs(tmp_path: Path, content: str | bytes, fragment: str) -> None:
    message = refusal(written(tmp_path, content))
    assert fragment in message, message


PATHS = {
    "configs/quik.yaml": "configs/quik.yaml: there is no such file. Expected a config. "
    "Did you mean configs/quick.yaml?",
    "quick": "quick: there is no such file. Expected a config. Did you mean configs/quick.yaml?",
    "nowhere/zzz.yaml": "There are: configs/",
    "configs": "configs: this is a folder. Expected a config file. There are: configs/dense_vs_cnn.yaml",
    "/dev/null": "/dev/null: this is a device or a pipe. Expected a config file.",
    "x" * 5000: "the config can't be read (File name too long). Check its name and rights.",
}


@pytest.mark.parametrize(("path", "fragment"), PATHS.items(), ids=[path[:20] for path in PATHS])
def test_paths_that_are_no_files(path: str, fragment: str) -> None:
    assert fragment in refusal(Path(path)), refusal(Path(path))


def folder_of(folder: Path, count: int) -> Path:
    """A folder of that many configs, 01.yaml, 02.yaml, ..."""
    folder.mkdir()
    for number in range(1, count + 1):
        (folder / f"{number:02}.yaml").touch()
    return folder


@pytest.mark.parametrize(("count", "last"), [(0, "none"), (12, "12.yaml"), (13, "1 more"), (20, "8 more")])
def test_a_dozen_configs_are_named_and_the_others_counted(tmp_path: Path, count: int, last: str) -> None:
    known = folder_of(tmp_path / "known", count)
    with pytest.raises(ConfigError) as caught:
        read_file(tmp_path / "elsewhere" / "zzz", known)
    told = str(caught.value).partition("There are: ")[2].removesuffix(".").split(", ")
    assert len(told) == min(max(count, 1), 13)
    assert told[-1].endswith(last)
    assert [name[-7:] for name in told[:12] if count] == [
        f"{n:02}.yaml" for n in range(1, min(count, 12) + 1)
    ]


def test_configs_of_the_same_folder_are_suggested(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "mine", 1)
    (folder / ".hidden.yaml").touch()
    empty = folder_of(tmp_path / "empty", 0)
    for path in (folder, folder / "zzz"):
        with pytest.raises(ConfigError, match=r"There are: [^,]*mine/01\.yaml\.$"):
            read_file(path, empty)
    with pytest.raises(ConfigError, match=r"Did you mean [^ ]*01\.yaml\?$"):
        read_file(folder / "011.yaml", empty)


def test_long_and_impossible_names_are_told_in_short() -> None:
    assert refusal(Path("x" * 5000)).startswith("x" * 197 + "...: ")
    assert "'a\\x00b': there is no such file" in refusal(Path("a\0b")), "what the system can't even look for"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a: 1")
    path.chmod(0)
    assert "the config can't be read (Permission denied)" in refusal(path)


def test_a_file_of_64_kib_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfa: 1\n"
    document = read_file(written(tmp_path, text + b"#" * (65536 - len(text))), KNOWN)
    assert document.values == {"a": 1}, "an editor's byte order mark is no part of the first key"


def lists(keys: Keys) -> bool:
    return keys[-1] in ("seeds", "filters", "class_names")


def document() -> Document:
    values = {"name": "a", "seeds": [0, 1], "models": {"cnn": {"filters": [8]}}, "training": {"epochs": 2}}
    lines: dict[Keys, int] = {("seeds",): 2, ("seeds", 0): 2, ("models", "cnn"): 4, ("training",): 6}
    return Document("mine.yaml", values, lines)


CHANGES = [
    ("training.epochs=1e1", ("training", "epochs"), 10.0),
    (" training.epochs = 3 # enough", ("training", "epochs"), 3),
    ("training.schedule=no", ("training", "schedule"), "no"),
    ("seeds=0", ("seeds",), [0]),
    ("seeds=16,32", ("seeds",), [16, 32]),
    ("seeds=[16, 32]", ("seeds",), [16, 32]),
    ("seeds=16, 32 # two", ("seeds",), [16, 32]),
    ("seeds=null", ("seeds",), None),
    ("data.class_names=a,b c", ("data", "class_names"), ["a", "b c"]),
    ("data.class_names='a,b'", ("data", "class_names"), ["a,b"]),
    ("models.cnn.filters=16,32", ("models", "cnn", "filters"), [16, 32]),
    ("models.new={units: [3]}", ("models", "new"), {"units": [3]}),
    ("training={epochs: 1}", ("training",), {"epochs": 1}),
    ("launch.workers=2", ("launch", "workers"), 2),
    ("training.schedule=a=b", ("training", "schedule"), "a=b"),
    ("training.schedule=16,32", ("training", "schedule"), "16,32"),
]


@pytest.mark.parametrize(("text", "keys", "value"), CHANGES, ids=[text for text, _, _ in CHANGES])
def test_an_override_changes_one_value(text: str, keys: Keys, value: object) -> None:
    changed = document()
    override(changed, text, lists)
    found: object = changed.values
    for key in keys:
        assert isinstance(found, dict)
        found = found[key]
    assert (found, type(found)) == (value, type(value)), f"{text} gave {found!r}"
    assert changed.where(keys) == f"override {text}", "a message would send the user to the wrong place"


def test_overrides_of_a_value_apply_after_one_of_its_section() -> None:
    changed = document()
    override(changed, "training={epochs: 1, schedule: cosine}", lists)
    override(changed, "training.epochs=5", lists)
    assert changed.values["training"] == {"epochs": 5, "schedule": "cosine"}


BAD_OVERRIDES = {
    "epochs": "override epochs: a key and a value are both required. Write it like training.epochs=3.",
    "=3": "override =3: a key and a value are both required.",
    "training.epochs=": "a key and a value are both required.",
    "training.epochs=  ": "a key and a value are both required.",
    "training..epochs=3": "a name is missing before or after a dot.",
    ".epochs=3": "a name is missing before or after a dot.",
    "models.cn.filters=8": "override models.cn.filters=8: there is no model cn. Did you mean cnn?",
    "models.other.filters=8": "there is no model other. Known: cnn. A new model is given whole",
    "seeds.0=5": "seeds is [0, 1] and has no keys of its own. Give the whole list: seeds=...",
    "training.epochs.x=5": "training.epochs is 2 and has no keys of its own. Give training.epochs=...",
    "training.epochs=[1": "override training.epochs=[1: this is not valid YAML. A bracket is not closed",
    "name=&x y": "&x is a YAML anchor or alias",
    "name=!!str y": "!!str is a YAML tag",
    "training={a: 1, a: 2}": "the key a stands twice",
    "name=" + "[" * 5000: "this is nested more than 20 deep",
    "name=\x1b[2J": "override 'name=\\x1b[2J': the character '\\x1b' can't be in a config.",
    "name=\udcff": "override 'name=\\udcff': the character '\\udcff' can't be in a config.",
    "seeds=8]": "override seeds=8]: this is not valid YAML.",
}


@pytest.mark.parametrize(
    ("text", "fragment"), BAD_OVERRIDES.items(), ids=[repr(t)[:20] for t in BAD_OVERRIDES]
)
def test_overrides_that_can_not_be(text: str, fragment: str) -> None:
    with pytest.raises(ConfigError) as caught:
        override(document(), text, lists)
    assert fragment in str(caught.value), str(caught.value)


@pytest.mark.parametrize("second", ["training.epochs=4", "training={epochs: 4}"])
def test_an_override_does_not_undo_one_before_it(second: str) -> None:
    changed = document()
    override(changed, "training.epochs=3", lists)
    with pytest.raises(
        ConfigError, match=r"this undoes an earlier one, training\.epochs=3\. Keep one of the two\."
    ):
        override(changed, second, lists)


def test_where_a_value_comes_from() -> None:
    changed = document()
    assert changed.where(("models", "cnn", "padding")) == "mine.yaml, line 4", "the section that lacks it"
    assert changed.where(()) == "mine.yaml"
    override(changed, "seeds=7", lists)
    assert changed.where(("seeds", 0)) == "override seeds=7", "line 2 of the file says something else"
    override(changed, "models.cnn.kernel_size=9", lists)
    expected = "mine.yaml, line 4, with models.cnn.kernel_size=9"
    assert changed.where(("models", "cnn")) == expected, "the file alone would not show what is wrong"
    override(changed, "trainin.epochs=3", lists)
    override(changed, "trainin.batch_size=8", lists)
    assert changed.where(("trainin",)) == "override trainin.epochs=3", "the section stands in no file"

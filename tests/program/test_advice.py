"""Advice is followed: each slip's message is read, what it advises is done, and that must help."""

import re
import shlex
import struct
from pathlib import Path

import numpy as np
import pytest

import train
from configs.digests import digest
from configs.schema import ConfigError, Data, load
from data import sources
from data.fashion_mnist import load as load_data
from data.idx import DataError
from data.splits import Split, Splits
from data.storage import write_json
from model.experiment import opening
from model.run.find import find_folder
from model.run.folder import RunError, RunFolder

CONFIG = """\
name: mine
models:
  dense: {architecture: dense, units: [32]}
  cnn: {architecture: cnn, filters: [8, 8]}
"""
OVERRIDES = [  # a slip, and of what kind the advice is
    ("models.cnn.kernel_size=5,3", "One number"),
    ("models.cnn.kernel_size=3x3", "One number"),
    ("models.cnn.kernel_size=[5,5]", "without brackets"),
    ("models.cnn.kernel_size='5'", "without quotes"),
    ("models.cnn.kernel_size=4.0", "Write 4."),
    ("models.cnn.pooling=avg", "Did you mean average"),
    ("models.cnn.batch_normalization=yes", "Write true"),
    ("models.cnn.batch_normalization='true'", "without quotes"),
    ("models.cnn.filters=8,8,8,8", "fewer convolutions"),
    ("models.cnn={architecture: cnn, filters: [8, 8, 8], kernel_size: 5}", "fewer convolutions"),
    ("models.cnn={architecture: cnn, filters: [8, 8, 8, 8, 8], padding: same}", "fewer convolutions"),
    ("models.cnn={architecture: cnn, filters: [[8, 8, 8, 8]], kernel_size: 9}", "kernel_size: 7"),
    ("models.cnn={architecture: cnn, filters: [8, 8, 8, 8], pooling: strides}", "pooling: none"),
    ("models.cnn.kernelsize=5", "Did you mean kernel_size"),
    ("models.dense.kernel_size=5", "Only the architecture cnn"),
    ("models.cmn.filters=8", "Did you mean cnn"),
    ("training.epochs=1e9", ""),
    ("training.epochs=2.0", "Write 2."),
    ("training.epochs=null", "leave the key out"),
    ("training.batch_size=1,024", "Write 1024"),
    ("training.batch_size=10,000", ""),  # more than there may be
    ("training.learning_rate=0,004", "with a point"),
    ("training.learning_rate='1e-3'", "without quotes"),
    ("training.learning_rate='1_0'", "Write 10"),
    ("training.learning_rate=50,3", ""),
    ("training.weight_decay=0.1", "Leave it at"),
    ("training.optimiser=adam", "Did you mean optimizer"),
    ("trainin.epochs=3", "Did you mean training"),
    ("epochs=3", "belongs in another section: training.epochs"),
    ("epoch=3", "Did you mean training.epochs"),
    ("kernelsize=3", "Did you mean models.NAME.kernel_size"),
    ("flip=true", "belongs in another section: data.augmentation.flip"),
    ("seed=3", "Did you mean seeds"),
    ("seeds='3'", "without quotes"),
    ("name=2024", "Put it in quotes"),
    ("data.source=debain", "Did you mean debian"),
    ("data.source=mine", "with a slash: ./mine"),
    ("data.source=.\\d4", "with a slash: ./d4"),
    ("data.source=C:\\d4", "with a slash: /mnt/c/d4"),
    ("data.name=Fashion_MNIST", "Expected fashion-mnist"),
    ("data.augmentation=shift:2", "a space after the colon"),
]


def ways(slip: str, message: str) -> list[list[str]]:
    """The overrides that each way out of a message comes to."""
    key, _, value = slip.partition("=")
    section = f"{key.rpartition('.')[0]}." if "." in key else ""
    if "leave the key out" in message and "Only the architecture" not in message:
        return [[]]
    if "Put it in quotes" in message:
        return [[f"{key}='{value}'"]]
    if "a space after the colon" in message:
        return [[f"{key}={{{value.replace(':', ': ')}}}"]]
    if found := re.search(r"Only the architecture (\w+) has it", message):
        return [[f"{section}architecture={found[1]}", slip], []]
    if found := re.search(r"maps that last: take (.+)\.$", message):
        texts = [part.removeprefix("fewer convolutions, ") for part in found[1].split(" or ")]
        others = [f"models.cnn.{text.replace(': ', '=', 1)}" for text in texts]
        return [[one] if one.startswith(f"{key}=") else [slip, one] for one in others]
    if found := re.search(r"Leave it at (\S+), or take the optimizer (\w+)\.", message):
        return [[f"{key}={found[1]}"], [slip, f"training.optimizer={found[2]}"]]
    if found := re.search(r"there is no key (\w+)(?: in \S+)?\. .*?(?:mean|section:) (.+)[?.]$", message):
        if "." in found[2]:
            return [[f"{path.replace('NAME', 'cnn')}={value}"] for path in found[2].split(" or ")]
        return [[slip.replace(found[1], found[2])]]
    if found := re.search(r"there is no model (\w+)\. Did you mean (\w+)\?", message):
        return [[slip.replace(found[1], found[2])]]
    if found := re.search(r"written with a slash: (\S+)$", message):
        meant = re.search(r"Did you mean (\w+)\?", message)
        return [[f"{key}={one}"] for one in (found[1], *([meant[1]] if meant else []))]
    if found := re.search(r"Expected (\S+) for .*: write it so", message):
        return [[f"{key}={found[1]}"]]
    if found := re.search(r"Did you mean (\w+)\?$", message):
        return [[f"{key}={found[1]}"]]
    if found := re.search(r"[Ww]rite (.+?)(?: without \w+|, with a point|, without commas)?\.$", message):
        return [[f"{key}={one}"] for one in found[1].split(" or ")]
    return []


@pytest.mark.parametrize(("slip", "kind"), OVERRIDES, ids=[slip for slip, _ in OVERRIDES])
def test_what_a_message_about_a_config_advises_helps(slip: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CONFIG)
    with pytest.raises(ConfigError) as caught:
        load(path, [slip])
    message = str(caught.value)
    followed = ways(slip, message)
    assert kind in message, message
    assert bool(followed) == bool(kind), (
        f"no advice can be taken out of this, or there should be none: {message}"
    )
    for overrides in followed:
        load(path, overrides)  # what is advised is refused, if this raises


def pack(values: np.ndarray, code: int) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, code, values.ndim, *values.shape) + values.tobytes()


IMAGES = np.random.default_rng(0).integers(0, 256, (48, 28, 28), np.uint8)
LABELS = np.arange(48, dtype=np.uint8) % 12
FILES: dict[str, tuple[np.ndarray, int]] = {  # values that training does not take, and their type
    "int32 images": (IMAGES.astype(">i4"), 0x0C),
    "int32 labels": (LABELS.astype(">i4"), 0x0C),
    "float32 images": ((IMAGES / 255).astype(">f4"), 0x0D),
    "images in colour": (np.stack([IMAGES] * 3, -1), 8),
    "one-hot labels": (np.eye(12, dtype=np.uint8)[LABELS], 8),
    "images of 32 x 32": (np.pad(IMAGES, ((0, 0), (2, 2), (2, 2))), 8),
    "labels from 1": (LABELS + 1, 8),
}


@pytest.mark.parametrize("name", FILES)
def test_what_a_message_about_a_file_advises_helps(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, (values, code) = tmp_path / "my own", FILES[name]
    folder.mkdir()
    for file in sources.FILES:
        of_kind = "images" if "images" in file else "labels"
        good = pack(IMAGES if of_kind == "images" else LABELS, 8)
        (folder / file).write_bytes(pack(values, code) if of_kind in name else good)
    section = Data.model_validate({"source": str(folder), "name": "mine", "validation_images": 10})
    with pytest.raises(DataError) as caught:
        load_data(section)
    [command] = re.findall("`(.+)`", str(caught.value))
    assert "FOLDER" in command, f"it does not say where to: {command}"
    monkeypatch.chdir(tmp_path)
    assert train.main(shlex.split(command)[2:]) == 0, f"following `{command}` does not help"
    splits = load_data(section.model_copy(update={"source": "./FOLDER"}))
    assert splits.test.labels.tolist() == LABELS.tolist(), "the labels are other ones then"
    if "32 x 32" not in name:
        assert (splits.test.images == IMAGES).all(), "the pictures are other ones then"


@pytest.mark.parametrize(
    "where", ["outputs/mine", "outputs/mine (copy)", "else where/mine", "elsewhere/mine-too", "."]
)
def test_the_command_that_makes_a_run_good_again_finds_that_very_run(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "of-a-friend" if where == "." else tmp_path / where
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder if where == "." else tmp_path)
    (folder / "config.yaml").write_text(CONFIG)
    identity = {"config_digest": digest(load(folder / "config.yaml")), "data_digest": "b"}
    write_json(folder / "environment.json", identity)
    with pytest.raises(RunError) as caught:
        RunFolder(Path(where)).report()
    [command] = re.findall("`(.+)`", str(caught.value))
    python, program, config, *words = shlex.split(command)
    assert (python, program) == ("python", "train.py")
    outputs = Path(words[words.index("--outputs") + 1]) if "--outputs" in words else Path("outputs")
    name = load(Path(config), [word for word in words if word.startswith("name=")]).name
    found, known = find_folder(outputs, name, identity, config=Path(config))
    assert known, f"following `{command}`, all would be trained again in {found.path}"
    assert found.path.resolve() == folder.resolve()


def test_without_a_config_nobody_is_sent_to_it(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="get the whole folder of that run"):
        RunFolder(tmp_path).report()


@pytest.mark.parametrize(("free", "batch_size"), [(2e9, 1024), (0.95e9, 512), (0.35e9, None)])
def test_a_batch_is_advised_only_if_it_fits(
    free: float, batch_size: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CONFIG)
    network = "models={cnn: {architecture: cnn, padding: same, pooling: none, filters: [64, 64]}}"
    config = load(path, [network, "training.batch_size=8192"])
    splits = Splits(*[Split(IMAGES, LABELS % 2)] * 3, ("a", "b"), "", "", "")
    monkeypatch.setattr(opening, "free_memory", lambda: free)
    with pytest.raises(ConfigError, match="a smaller network") as caught:
        opening.must_fit(config, splits)
    advised = re.search(r"take a batch_size of ([\d,]+) or", str(caught.value))
    assert (advised and int(advised[1].replace(",", ""))) == batch_size
    if batch_size:
        opening.must_fit(load(path, [network, f"training.batch_size={batch_size}"]), splits)

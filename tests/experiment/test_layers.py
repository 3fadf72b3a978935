"""The table of layers: its cells by hand, its width, and that runs made before it was told have it, too."""

import subprocess
import sys
from pathlib import Path

from configs.networks import Cnn, Dense
from model.experiment.layers import layers_in_markdown, layers_in_text, layers_of_run
from model.experiment.report import read_report
from model.networks.facts import LayerRow, summary
from model.report.words import mega
from model.run.folder import RunFolder
from tests.conftest import ROOT

EARLIER = Path(__file__).parents[1] / "program" / "earlier_runs" / "finished"
CNN = """\
cnn, twin
layer                type                output shape  parameters  MFLOP
conv1_linear         Conv2D              26 x 26 x 64         640    0.8
conv1_normalization  BatchNormalization  26 x 26 x 64         256      0
conv1                Activation          26 x 26 x 64           0      0
pool1                MaxPooling2D        13 x 13 x 64           0      0
flatten              Flatten                   10,816           0      0
probabilities        Dense                         10     108,170    0.2
all                                                       109,066    1.0"""


def test_the_table_is_that_of_the_network_counted_by_hand() -> None:
    # 9 * 64 + 64; 4 * 64; 13 * 13 * 64; 10,816 * 10 + 10; 2 * 9 * 64 * 26 * 26 and 2 * 10,816 * 10
    rows = summary(Cnn(filters=(64,), units=(), batch_normalization=True), 10)
    assert layers_in_text({"cnn": rows, "twin": rows}) == CNN, "models with the same layers share a table"
    markdown = layers_in_markdown({"c_n": rows})
    assert markdown[2] == "c\\_n:"
    assert "| conv1_linear | Conv2D | 26 x 26 x 64 | 640 | 0.8 |" in markdown[3].splitlines()
    assert layers_in_markdown({}) == []


def test_what_is_done_once_more_for_the_mirror_image_stands_in_a_row_of_its_own() -> None:
    rows = summary(Cnn(filters=(64,), units=(32,), flip_at_test=True), 10)
    [table, note] = layers_in_text({"cnn": rows}).split("\n\n")
    of_one = 2 * 9 * 64 * 26 * 26 + 2 * 10_816 * 32
    assert rows[-2] == LayerRow("mirror_mean", "Average", (32,), 0, of_one)
    assert rows[-1].flops == 2 * 32 * 10, "the last layer reads the mean of both, once"
    assert table.splitlines()[-1].split()[-1] == mega(2 * of_one + 2 * 32 * 10)
    assert note.startswith("mirror_mean: ")
    assert max(map(len, note.splitlines())) <= 80
    assert "mirror_mean: " in layers_in_markdown({"cnn": rows})[1]
    assert "mirror" not in layers_in_text({"cnn": summary(Cnn(), 10)}), "what is said is of no such network"


def test_the_widest_table_fits_80_columns() -> None:
    filters = tuple((1024,) * 4 for _ in range(5))
    widest = Cnn(filters=filters, kernel_size=9, padding="same", pooling="none", batch_normalization=True)
    dense = Dense(units=(16_384,) * 6, batch_normalization=True, dropout=0.5)
    text = layers_in_text({"a" * 64: summary(widest, 256), "b" * 64: summary(dense, 256)})
    assert max(map(len, text.splitlines())) <= 80, text


def test_a_run_made_before_has_its_layers_from_its_config() -> None:
    told = layers_of_run(RunFolder(EARLIER), read_report(RunFolder(EARLIER)))
    assert [row.layer for row in told["dense"]] == ["flatten", "dense1", "probabilities"]
    assert (
        sum(row.parameters for row in told["cnn"]) == read_report(RunFolder(EARLIER)).models["cnn"].parameters
    )


def test_show_prints_it_without_tensorflow() -> None:
    code = f"""
import sys, train
code = train.main(["show", {str(EARLIER)!r}])
print("LOADED", code, sorted({{"tensorflow", "keras", "matplotlib"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "LOADED 0 []" in done.stdout, done.stdout + done.stderr
    assert "\nconv1          Conv2D         26 x 26 x 4          40" in done.stdout

"""The table of layers: its cells by hand, its width, and that runs made before it was told have it, too."""

import subprocess
import sys
from pathlib import Path

from configs.networks import Cnn, Dense
from model.experiment.layers import layers_in_markdown, layers_in_text, layers_of_run
from model.experiment.report import read_report
from model.networks.facts import summary
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

"""The words for wrong settings: each names the key, what was given, what was expected and what to do."""

from pathlib import Path

import pytest

from configs.schema import ConfigError, load

BASE = """\
name: mine
models:
  dense: {architecture: dense, units: [32]}
  cnn:
    architecture: cnn
    filters: [8, 8]
training:
  learning_rate: 0.004
  epochs: 2
"""

# What stands in BASE, what is put in its place, and what must be said.
EDITS = [
    ("name: mine\n", "", "mine.yaml: the key name is missing. Expected a line `name: ...` with text"),
    ("mine", "", "mine.yaml, line 1: name is empty. Expected text (of the run folder under outputs/)."),
    ("mine", "2024", "name is 2024. Expected text (of the run folder under outputs/). Put it in quotes."),
    ("mine", "true", "name is true. Expected text"),
    ("mine", "../up", "name is '../up'. Expected 1 to 64 letters (a to z), digits, dots, - or _, and"),
    ("mine", "/etc/x", "name is '/etc/x'. Expected 1 to 64 letters (a to z), digits, dots, - or _, and"),
    ("mine", ".hidden", "name is '.hidden'. Expected 1 to 64 letters (a to z), digits, dots, - or _,"),
    ("mine", "-rf", "name is '-rf'. Expected 1 to 64 letters (a to z), digits, dots, - or _, and no"),
    ("mine", "a b", "name is 'a b'. Expected 1 to 64 letters (a to z), digits, dots, - or _, and no"),
    ("mine", "größe", "name is 'größe'. Expected 1 to 64 letters (a to z), digits, dots, - or _, and"),
    ("mine", '"a\\n"', "name is 'a\\n'. Expected 1 to 64 letters (a to z), digits, dots, - or _, and"),
    ("mine", '"\\e[2J"', "name is '\\x1b[2J'. Expected 1 to 64 letters (a to z), digits, dots, - or _,"),
    ("mine", "a" * 65, "Expected 1 to 64 letters (a to z), digits, dots, - or _, and no dot or - in"),
    ("mine", "Lesson", "name is Lesson, which has another meaning in the outputs folder. Choose"),
    ("mine", "[a]", "name is the list ['a']. Expected text (of the run folder under outputs/). Write a"),
    ("name:", "nmae:", "mine.yaml, line 1: there is no key nmae. Did you mean name?"),
    ("models:", "Models:", "mine.yaml, line 2: there is no key Models. Did you mean models?"),
    ("mine", "mine\nseed: 3", "mine.yaml, line 2: there is no key seed. Did you mean seeds?"),
    ("mine", "mine\nepochs: 3", "there is no key epochs. It belongs in another section: training.epochs."),
    ("mine", "mine\nzzz: 3", "there is no key zzz. Known: name, seeds, data, models, training,"),
    ("mine", "mine\nepoch: 3", "there is no key epoch. Did you mean training.epochs?"),
    ("mine", "mine\nkernelsize: 3", "there is no key kernelsize. Did you mean models.NAME.kernel_size?"),
    (
        "mine",
        "mine\nshift: 3",
        "there is no key shift. It belongs in another section: data.augmentation.shift.",
    ),
    ("mine", "mine\nseeds: 3", "seeds is 3. Expected a list of 1 to 100 values, each a whole number"),
    ("mine", "mine\nseeds: []", "seeds is an empty list. Expected a list of 1 to 100 values, each a"),
    ("mine", "mine\nseeds: [4, 5, 4]", "seeds has 4 twice. Expected each once: keep one."),
    ("mine", "mine\nseeds: [0, -1]", "seeds[1] is -1. Expected a whole number from 0 to 2,147,483,647."),
    ("mine", "mine\nseeds: [2147483648]", "seeds[0] is 2147483648. Expected a whole number from 0 to"),
    ("mine", "mine\nseeds: [true]", "seeds[0] is true. Expected a whole number from 0 to 2,147,483,647."),
    ("mine", "mine\nseeds: [1.0]", "seeds[0] is 1.0. Expected a whole number from 0 to 2,147,483,647."),
    ("mine", "mine\nseeds: ['1']", "seeds[0] is the text '1'. Expected a whole number from 0 to"),
    ("mine", f"mine\nseeds: {list(range(101))}", "seeds is the list [0, 1, 2, 3, 4, 5,"),
    ("0.004", "'0.004'", "training.learning_rate is the text '0.004'. Expected a number above 0 and at"),
    ("0.004", '"1e-3"', "training.learning_rate is the text '1e-3'. Expected a number above 0 and at"),
    ("0.004", "0", "training.learning_rate is 0. Expected a number above 0 and at most 10 (the peak of"),
    ("0.004", "-1.5", "training.learning_rate is -1.5. Expected a number above 0 and at most 10 (the"),
    ("0.004", "10.5", "training.learning_rate is 10.5. Expected a number above 0 and at most 10 (the"),
    ("0.004", "true", "training.learning_rate is true. Expected a number above 0 and at most 10 (the"),
    ("0.004", "'true'", "training.learning_rate is the text 'true'. Expected a number above 0 and at"),
    ("0.004", ".nan", "training.learning_rate is not a number (nan). Expected a number above 0 and at"),
    ("0.004", "-.inf", "training.learning_rate is infinite or too large. Expected a number above 0 and"),
    ("0.004", "1e999", "training.learning_rate is infinite or too large. Expected a number above 0 and"),
    ("0.004", "", "training.learning_rate is empty. Expected a number above 0 and at most 10 (the peak"),
    ("0.004", "0,004", "training.learning_rate is the text '0,004'. Expected a number above 0 and at"),
    ("0.004", "1_0", "training.learning_rate is the text '1_0'. Expected a number above 0 and at most"),
    ("0.004", "22:22", "training.learning_rate is the text '22:22'. Expected a number above 0 and at"),
    ("0.004", "[0.1]", "training.learning_rate is the list [0.1]. Expected a number above 0 and at"),
    ("0.004", "{a: 1}", "training.learning_rate is a mapping with the keys a. Expected a number above"),
    ("epochs: 2", "epochs: 0", "mine.yaml, line 9: training.epochs is 0. Expected a whole number from"),
    ("epochs: 2", "epochs: 1001", "training.epochs is 1001. Expected a whole number from 1 to 1,000"),
    ("epochs: 2", "epochs: 2.0", "training.epochs is 2.0. Expected a whole number from 1 to 1,000"),
    ("epochs: 2", "epochs: 2.5", "training.epochs is 2.5. Expected a whole number from 1 to 1,000"),
    ("epochs: 2", "epochs: yes", "training.epochs is the text 'yes'. Expected a whole number from 1 to"),
    ("epochs: 2", "epoch: 2", "there is no key epoch in training. Did you mean epochs?"),
    ("epochs: 2", "lr: 2", "there is no key lr in training. Known: optimizer, learning_rate,"),
    ("epochs: 2", "optimizer: Adam", "training.optimizer is the text 'Adam'. Expected adam, adamw or"),
    ("epochs: 2", "optimizer: Adam", "Did you mean adam?"),
    ("epochs: 2", "schedule: one-cycle", "Expected one_cycle, cosine or constant (of the learning"),
    ("epochs: 2", "precision: 16", "training.precision is 16. Expected auto, float32 or bfloat16"),
    ("epochs: 2", "batch_size: 0", "training.batch_size is 0. Expected a whole number from 1 to 8,192"),
    ("epochs: 2", "label_smoothing: 1", "training.label_smoothing is 1. Expected a number from 0 to"),
    ("epochs: 2", "averaging: 1.0", "training.averaging is 1.0. Expected a number from 0 to less than"),
    ("epochs: 2", "momentum: -0.1", "training.momentum is -0.1. Expected a number from 0 to less than"),
    (
        "mine",
        "mine\ndata: {source: lines, augmentation: {shift: 1, flip: true}}",
        "mine.yaml, line 2: data.augmentation.flip is true, and data.source is lines: a rising line,",
    ),
    ("epochs: 2", "weight_decay: 1.5", "training.weight_decay is 1.5. Expected a number from 0 to 1"),
    ("epochs: 2", "weight_decay: 0.01", "mine.yaml, line 9: training.weight_decay is 0.01, but the"),
    ("epochs: 2", "momentum: 0.5", "only sgd has momentum. Leave it at 0.9, or take the optimizer sgd."),
    ("epochs: 2", "epochs: 0\n  batch_size: 0\n  lr: 1", "To be put right, too: training.batch_size,"),
    (
        "training:\n  learning_rate: 0.004\n  epochs: 2",
        "training: 3",
        "training is 3. Expected keys with values: optimizer,",
    ),
    ("filters: [8, 8]", "filters: 8", "models.cnn.filters is 8. Expected a list of 1 to 6 values, each"),
    ("filters: [8, 8]", "filters: 8,8", "models.cnn.filters is the text '8,8'. Expected a list of 1 to"),
    ("filters: [8, 8]", "filters: []", "models.cnn.filters is an empty list. Expected a list of 1 to 6"),
    ("[8, 8]", "[8, 0]", "models.cnn.filters[1] is 0. Expected a whole number from 1 to 1,024 or a list"),
    ("[8, 8]", "[[8, 0], 8]", "models.cnn.filters[0][1] is 0. Expected a whole number from 1 to 1,024."),
    (
        "[8, 8]",
        "[[], 8]",
        "models.cnn.filters[0] is an empty list. Expected a whole number from 1 to 1,024 or",
    ),
    ("[8, 8]", "[[8, [8]]]", "models.cnn.filters[0][1] is the list [8]. Expected a whole number from 1 to"),
    ("[8, 8]", "[8, 1025]", "models.cnn.filters[1] is 1025. Expected a whole number from 1 to 1,024 or"),
    ("[8, 8]", "[8]\n    kernel_size: [3, 3]", "Expected a whole number from 1 to 9 (pixels, the side"),
    ("[8, 8]", "[8]\n    kernel_size: [3, 3]", "models.cnn.kernel_size is the list [3, 3]."),
    ("[8, 8]", "[8]\n    kernel_size: [3, 3]", "Write 3 without brackets."),
    ("[8, 8]", "[8]\n    padding: Same", "models.cnn.padding is the text 'Same'. Expected valid or"),
    ("[8, 8]", "[8]\n    pooling: avg", "Expected max, average, none or strides (of blocks"),
    ("[8, 8]", "[8]\n    pooling: false", "models.cnn.pooling is false. Expected max, average,"),
    ("[8, 8]", "[8]\n    dropout: 1", "models.cnn.dropout is 1. Expected a number from 0 to less than"),
    ("[8, 8]", "[8]\n    batch_normalization: yes", "is the text 'yes'. Expected true or false (batch"),
    ("[8, 8]", "[8]\n    kernels: handmade", "Did you mean hand_made?"),
    ("[8, 8]", "[8, 8, 8, 8]\n    pooling: strides", "28 -> 13 -> 6 -> 2, and conv4 needs 3 pixels"),
    ("[8, 8]", "[8]\n    training: {stop_at_accuracy: 95}", "models.cnn.training.stop_at_accuracy is 95."),
    ("[8, 8]", "[8]\n    batch_normalization: yes", "Write true."),
    ("[8, 8]", "[8]\n    batch_normalization: 'False'", "This is text in quotes; write false without"),
    ("[8, 8]", "[8]\n    batch_normalization: 1", "models.cnn.batch_normalization is 1. Expected true"),
    ("[8, 8]", "[8]\n    epochs: 1", "there is no key epochs in models.cnn. It belongs in another"),
    ("[8, 8]", "[8]\n    training: {epochs: 0}", "models.cnn.training.epochs is 0. Expected a whole"),
    ("[8, 8]", "[8]\n    training: {epoch: 1}", "there is no key epoch in models.cnn.training. Did you"),
    ("[8, 8]", "[8]\n    training: 3", "models.cnn.training is 3. Expected keys with values:"),
    ("[8, 8]", "[8]\n    training: {momentum: 0.5}", "line 7: models.cnn.training.momentum is 0.5, but"),
    ("[8, 8]", "[8, 8, 8, 8]", "mine.yaml, line 4: models.cnn shrinks its maps to nothing: 28 -> 26 ->"),
    ("[8, 8]", "[8, 8, 8, 8, 8]\n    padding: same", "nothing: 28 -> 14 -> 7 -> 3 -> 1, and pool5"),
    ("[8, 8]", "[8, 8, 8, 8]\n    kernel_size: 9\n    pooling: none", "28 -> 20 -> 12 -> 4, and conv4"),
    ("architecture: cnn", "architecture: resnet", "models.cnn.architecture is the text 'resnet'."),
    (
        "architecture: cnn",
        "architecture: 3",
        "models.cnn.architecture is 3. Expected dense, cnn or saved (the",
    ),
    ("    architecture: cnn\n", "", "mine.yaml, line 4: the key architecture is missing in models.cnn."),
    ("architecture: cnn", "architecure: cnn", "Write it in place of architecure."),
    ("{architecture: dense, units: [32]}", "dense", "models.dense is the text 'dense'. Expected a"),
    ("units: [32]", "unit: [32]", "line 3: there is no key unit in models.dense. Did you mean units?"),
    ("units: [32]", "units: [0]", "models.dense.units[0] is 0. Expected a whole number from 1 to 16,384."),
    ("units: [32]", "filters: [3]", "in models.dense. Only the architecture cnn has it: take that, or leave"),
    ("  cnn:", "  figures:", "models.figures is no name for a model: a run folder uses it for"),
    ("  cnn:", "  INSPECTION:", "models.INSPECTION is no name for a model: a run folder uses it"),
    ("  cnn:", "  Dense:", "models has names that differ in upper and lower case only. Choose other"),
    ("  cnn:", "  a.b:", "models.'a.b' is no name for a model. Expected 1 to 64 letters (a to z),"),
    ("  cnn:", "  ../x:", "models.'../x' is no name for a model."),
]

# What is added to BASE, and what must be said.
ADDITIONS = [
    ("data: {source: debain}", "data.source is 'debain', which could be a folder or a slip. Did"),
    ("data: {source: pics}", "A folder is written with a slash: ./pics"),
    ("data: {source: '.\\d4'}", "A folder is written with a slash: ./d4"),
    ("data: {source: 'C:\\d4\\own'}", "A folder is written with a slash: /mnt/c/d4/own"),
    ("data: {source: ''}", "data.source is ''. Expected some text on one line, without"),
    ("data: {name: mnist}", "data.name is mnist, and data.source is auto, which has no such"),
    ("data: {name: mnist, source: lines}", "Expected a folder: give the one of your IDX files"),
    ("data: {name: Fashion_MNIST, source: ./x}", "data.name is Fashion_MNIST. Expected"),
    ("data: {class_names: [a, b]}", "data.class_names names classes, but data.name is"),
    (
        "data: {name: own, source: ./own, class_names: [1, b]}",
        "data.class_names[0] is 1. Expected text. Put it in quotes.",
    ),
    ("data: {class_names: [a, a]}", "data.class_names has a twice. Expected each once: keep one."),
    ("data: {class_names: [a, '']}", "data.class_names[1] is ''. Expected some text on one line"),
    ("data: {class_names: [a]}", "Expected a list of 2 to 256 values, each text or null (of your"),
    ("data: {validation_images: 9}", "Expected a whole number from 10 to 50,000 (training images"),
    ("data: {augmentation: yes}", "data.augmentation is the text 'yes'. Expected none or keys"),
    ("data: {augmentation: {shift: 9}}", "data.augmentation.shift is 9. Expected a whole number"),
    ("data: {augmentation: {shift:2}}", "there is no key shift:2 in data.augmentation. Write a"),
    ("data: {augmentation: {flip: on}}", "Expected true or false (mirror left to right, every"),
    ("launch: {engine: dask}", "launch.engine is the text 'dask'. Expected local or ray (local: processes"),
    ("launch: {engine: ray, address: 10.0.0.1}", "launch.address is 10.0.0.1, which is no address of a Ray"),
    ("launch: {engine: ray, address: 'ray://a:1'}", "HOST:PORT as `ray start --head` tells it"),
    ("launch: {address: auto}", "launch.address is auto, and launch.engine is local, which knows no"),
    ("launch: {workers: 0}", "launch.workers is 0. Expected auto or a whole number from 1 to 256"),
    ("launch: {workers: all}", "launch.workers is the text 'all'. Expected auto or a whole"),
    ("launch: {workers: '2'}", "This is text in quotes; write 2 without quotes."),
    ("launch: workers:2", "launch is the text 'workers:2'. Expected keys with values: engine"),
    ("launch: workers:2", "Write a space after the colon."),
    ("inspection: {images_per_class: 11}", "inspection.images_per_class is 11. Expected a whole"),
]


def explained(path: Path, text: str, overrides: list[str]) -> str:
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path, overrides)
    message = str(caught.value)
    for word in ("type=", "http", "Input should", "validation error", "pydantic"):
        assert word not in message, f"this is no language for users: {message}"
    return message


@pytest.mark.parametrize(("given", "instead", "fragment"), EDITS, ids=[f"{i[-30:]!r}" for _, i, _ in EDITS])
def test_wrong_settings_are_explained(tmp_path: Path, given: str, instead: str, fragment: str) -> None:
    assert given in BASE, "the test replaces nothing"
    message = explained(tmp_path / "mine.yaml", BASE.replace(given, instead, 1), [])
    assert fragment in message, message
    assert "mine.yaml" in message, f"the file is not named: {message}"


@pytest.mark.parametrize(("addition", "fragment"), ADDITIONS, ids=[addition for addition, _ in ADDITIONS])
def test_wrong_sections_are_explained(tmp_path: Path, addition: str, fragment: str) -> None:
    message = explained(tmp_path / "mine.yaml", f"{BASE}{addition}\n", [])
    assert fragment in message, message
    assert "mine.yaml, line 10: " in message, f"the line is not named: {message}"


# What is put in the place of 0.004 or of `filters: [8, 8]`, and the advice that ends the message.
ADVICE = [
    ("0.004", '"1e-3"', "This is text in quotes; write 1e-3 without quotes."),
    ("0.004", "0,004", "Write 0.004, with a point."),
    ("0.004", "1_0", "Write 10."),
    ("0.004", "'50'", "Expected a number above 0 and at most 10 (the peak of the schedule)."),
    ("0.004", "50,3", "Expected a number above 0 and at most 10 (the peak of the schedule)."),
    (
        "epochs: 2",
        "epochs: 1e9",
        "Expected a whole number from 1 to 1,000 (passes over the training images).",
    ),
    ("epochs: 2", "epochs: 2\n  batch_size: 1,024", "Write 1024, without commas."),
    (
        "epochs: 2",
        "epochs: '2.0'",
        "Expected a whole number from 1 to 1,000 (passes over the training images).",
    ),
    ("[8, 8]", "[8]\n    kernel_size: 5,3", "One number belongs here: write 5 or 3."),
    ("[8, 8]", "[8]\n    kernel_size: 3 x 3", "One number belongs here: write 3."),
    ("[8, 8]", "[8]\n    kernel_size: 11,3", "(pixels, the side of the square kernels)."),
    ("    architecture: cnn", "    architecture:", "Write a value."),
    ("0.004", "[0.1]", "Write 0.1 without brackets."),
    ("0.004", "", "Write a value, or leave the key out."),
    ("0.004", "fast", "Expected a number above 0 and at most 10 (the peak of the schedule)."),
    ("0.004", "22:22", "Expected a number above 0 and at most 10 (the peak of the schedule)."),
    ("0.004", "'true'", "Expected a number above 0 and at most 10 (the peak of the schedule)."),
    ("0.004", "0.004\n  optimizer: Adam", "Did you mean adam?"),
    ("0.004", "0.004\n  schedule: one-cycle", "Did you mean one_cycle?"),
    ("epochs: 2", "epochs: 2.0", "Write 2."),
    (
        "epochs: 2",
        "epochs: 2.5",
        "Expected a whole number from 1 to 1,000 (passes over the training images).",
    ),
    ("[8, 8]", "8", "Write [8]."),
    ("[8, 8]", "8,8", "Write [8,8]."),
    ("[8, 8]", "[8]\n    kernel_size: [3, 3]", "Write 3 without brackets."),
    ("[8, 8]", "[8]\n    kernel_size: [3, 5]", "the side of the square kernels)."),
    ("[8, 8]", "[8]\n    pooling: avg", "Did you mean average?"),
    ("[8, 8]", "[8]\n    batch_normalization: off", "Write false."),
    ("[8, 8]", "[8]\n    batch_normalization: 'True'", "This is text in quotes; write true without quotes."),
    ("mine", "[a]", "Write a without brackets."),
    ("mine", "mine\nseeds: [1.0]", "Write 1."),
    ("mine", "12", "Put it in quotes."),
    ("mine", "", "Write a value."),
]


@pytest.mark.parametrize(("given", "instead", "advice"), ADVICE, ids=[instead for _, instead, _ in ADVICE])
def test_advice_ends_the_message(tmp_path: Path, given: str, instead: str, advice: str) -> None:
    message = explained(tmp_path / "mine.yaml", BASE.replace(given, instead, 1), [])
    assert message.endswith(f" {advice}"), message


def test_whole_messages(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert explained(path, BASE.replace("[8, 8]", "8"), []) == (
        f"{path}, line 6: models.cnn.filters is 8. Expected a list of 1 to 6 values, each a whole number "
        "from 1 to 1,024 or a list of 1 to 4 values, each a whole number from 1 to 1,024 (how many each "
        "convolution has; [[32, 32], [64]]: two before the first pooling). Write [8]."
    )
    assert explained(path, BASE.replace("[8, 8]", "[8, 8, 8, 8]"), []) == (
        f"{path}, line 4: models.cnn shrinks its maps to nothing: 28 -> 26 -> 13 -> 11 -> 5 -> 3 -> 1, and "
        "conv4 needs 3 pixels a side. Expected maps that last: take fewer convolutions, filters: [8, 8, 8] "
        "or padding: same or pooling: none."
    )
    assert explained(path, BASE, ["training.weight_decay=0.01"]) == (
        "override training.weight_decay=0.01: training.weight_decay is 0.01, but the model dense trains with "
        "adam, and only adamw has weight_decay. Leave it at 0.0, or take the optimizer adamw."
    )
    assert explained(path, BASE.replace("0.004", "'0.004'"), []) == (
        f"{path}, line 8: training.learning_rate is the text '0.004'. Expected a number above 0 and at most "
        "10 (the peak of the schedule). This is text in quotes; write 0.004 without quotes."
    )


@pytest.mark.parametrize(
    ("text", "given"), [("{}", "an empty mapping"), ("[a]", "the list ['a']"), ("", "empty")]
)
def test_no_models_are_explained(tmp_path: Path, text: str, given: str) -> None:
    message = explained(tmp_path / "mine.yaml", f"name: mine\nmodels: {text}\n", [])
    assert f"line 2: models is {given}. Expected networks by name, like {{architecture:" in message, message


OVERRIDES = [
    (["training.epochs=0"], "override training.epochs=0: training.epochs is 0. Expected a whole number"),
    (["training.epochs='3'"], "This is text in quotes; write 3 without quotes."),
    (["trainin.epochs=3"], "override trainin.epochs=3: there is no key trainin. Did you mean training?"),
    (["training.epoch=3"], "override training.epoch=3: there is no key epoch in training. Did you mean"),
    (["epochs=3"], "there is no key epochs. It belongs in another section: training.epochs."),
    (["models.cnn.filter=8"], "there is no key filter in models.cnn. Did you mean filters?"),
    (["models.cnn.filters=8,x"], "models.cnn.filters[1] is the text 'x'. Expected a whole number from"),
    (["models.dense.training.epochs=x"], "models.dense.training.epochs is the text 'x'."),
    (["models.new={units: [3]}"], "override models.new={units: [3]}: the key architecture is missing"),
    (["models={}"], "override models={}: models is an empty mapping."),
    (["name=2024"], "name is 2024. Expected text (of the run folder under outputs/). Put it in quotes,"),
    (["seeds=0,0"], "override seeds=0,0: seeds has 0 twice."),
    (["models.cnn.filters=8,8,8,8"], "line 4, with models.cnn.filters=8,8,8,8: models.cnn shrinks its"),
    (["training.optimizer=sgd", "training.weight_decay=0.1"], "override training.weight_decay=0.1:"),
    (
        ["data.augmentation.flip=true", "data.source=lines"],
        "override data.augmentation.flip=true: data.augmentation.flip is true, and data.source is lines: a",
    ),
    (
        ["models.cnn.flip_at_test=true", "data.source=lines"],
        "models.cnn.flip_at_test is true, and data.source is lines: a rising line and a falling one are each",
    ),
    (
        ["models.cnn.flip_at_test=2"],
        "models.cnn.flip_at_test is 2. Expected true or false (answer by the mean",
    ),
    (
        ["models.cnn.flip_at_tests=true"],
        "there is no key flip_at_tests in models.cnn. Did you mean flip_at_test?",
    ),
    (
        ["models.dense.flip_at_test=true"],
        "Only the architecture cnn has it: take that, or leave the key out.",
    ),
    (["launch.workers.x=2"], "override launch.workers.x=2: launch.workers is a mapping with the keys x."),
]


@pytest.mark.parametrize(
    ("overrides", "fragment"), OVERRIDES, ids=[overrides[-1] for overrides, _ in OVERRIDES]
)
def test_wrong_overrides_are_explained(tmp_path: Path, overrides: list[str], fragment: str) -> None:
    message = explained(tmp_path / "mine.yaml", BASE, overrides)
    assert fragment in message, message

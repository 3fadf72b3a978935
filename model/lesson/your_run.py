"""The lesson's arithmetic on one place of a network that was trained here, and how far Keras is from it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.command_line import command
from configs.schema import Config, ConfigError, Network
from data.splits import Split
from data.storage import write_json
from model.lesson.arithmetic import ByHand, FilterAtWork, Normalization, Say, work_by_hand
from model.lesson.run_text import run_lines, steps
from model.lesson.window_figure import draw_window
from model.lesson.your_filter import pick
from model.networks.facts import LayerFacts, layer_facts
from model.networks.layers import Dropout, Layer, Pooling, layers_of
from model.report.drawing import drawn, must_be_drawn
from model.report.tables import wrapped
from model.report.words import decimal, numbered
from model.run.folder import RunError, RunFolder, again, must_have
from model.run.quiet import quiet


def lesson_run(
    run: Path,
    outputs: Path,
    test: Split,
    class_names: Sequence[str],
    say: Say,
    *,
    model: str | None = None,
    seed: int | None = None,
    layer: str | None = None,
    filter_: str = "",
    at: str | None = None,
    image: int | None = None,
) -> None:
    """Work one place of a trained filter's map by hand, tell the difference from Keras, and draw it.

    The picture is `lesson/your-run.png` in `outputs`, its numbers are in the .json beside it. The options are
    the command's. What is not asked for is cnn (else the first with convolutions), the first seed of the run,
    conv1, filter 0, the place where the map is largest, and test picture 0.

    Raises:
        ConfigError: the run has no such model, seed, layer, filter or place, or there is no such picture.
        RunError: the run or the saved model is missing or damaged; or the picture could not be drawn, and
            everything else has been done.
    """
    layer, number, image = layer or "conv1", _number(filter_ or "0"), image or 0
    folder = RunFolder(run)
    config = folder.config()
    facts = {name: layer_facts(network, len(class_names)) for name, network in config.models.items()}
    convolutional = [name for name in facts if any(fact.kind == "conv" for fact in facts[name])]
    model = model or next(iter(convolutional if "cnn" not in config.models else ()), "cnn")
    network = _network(config, model, convolutional)
    seed = config.seeds[0] if seed is None else seed
    must_have(config.seeds, seed, "seed", f"--seed {seed}")
    fact = _layer(network, model, layer, len(class_names))
    height, width, filters = fact.output_shape
    among = f"{filters} filter{'s' * (filters > 1)}"
    if number >= filters:
        raise ConfigError(
            f"--filter {number}: {layer} of {model} has {among}; expected 0"
            f"{f' to {filters - 1}' * (filters > 1)}."
        )
    place = None if at is None else parse_place(at, layer, height, width)
    picture = pick(test, image)
    path = folder.seed_folder(model, seed) / "model.keras"
    if not path.exists():
        raise RunError(f"{path} is missing; {_finished(folder, config, model)}")
    work = read_filter(path, network, len(class_names), layer, number, picture)
    which = numbered(seed, model in config.elsewhere)
    title = [
        f"{model}, {which}: filter {number} of {layer} ({among}, maps of {height} x {width})",
        f"on test picture {image} ({class_names[int(test.labels[image])]})",
    ]
    hand = work_by_hand(work, place)
    for line in (*"\n".join(map(wrapped, title)).splitlines(), *run_lines(work, hand, layer, at is None)):
        say(line)
    caption = {
        "title": title[0],
        "subtitle": f"O{title[1][1:]}. Red: more than 0; blue: less; the window and its place are framed.",
        "alt": f"{title[0]} {title[1]}: at row {hand.row}, column {hand.column} the sum of "
        f"{hand.products.size:,} products is {decimal(hand.total, 5)}, the map {decimal(hand.value, 5)}.",
    }
    path = outputs / "lesson" / "your-run.png"
    write_json(path.with_suffix(".json"), {"caption": caption} | _numbers(work, hand))
    figure = drawn(draw_window, caption, work, hand, path=path)
    say(f"Look   {path}")
    must_be_drawn([figure], outputs)


def _numbers(work: FilterAtWork, hand: ByHand) -> dict[str, Any]:
    """Every number of the picture; arrays as nested lists."""
    arrays = {"reads": work.reads, "filter": work.kernel, "window": hand.window, "products": hand.products}
    maps = {"map": hand.map} | ({} if hand.pooled is None else {"pooled": hand.pooled})
    return {
        "row": hand.row,
        "column": hand.column,
        "steps": dict(steps(work, hand)),
        **{name: values.tolist() for name, values in (arrays | maps).items()},
    }


def refuse_without_run(asked: Mapping[str, object], nine: str) -> None:
    """ConfigError for an option that needs a run; a filter of one's own (`nine` numbers) takes an image."""
    for option, value in asked.items():
        if value is not None and not (nine and option == "image"):
            others = " or --filter with nine numbers" if option == "image" else ""
            raise ConfigError(
                f"--{option} {value}: that needs a run folder{others}: "
                f"`{command('lesson', 'RUN', f'--{option}', str(value))}`."
            )


def _number(filter_: str) -> int:
    if not (filter_.isascii() and filter_.isdigit()):
        raise ConfigError(
            f"--filter {filter_}: with a run, expected the number of a filter from 0 on, such as 3."
        )
    return int(filter_)


def _network(config: Config, model: str, convolutional: Sequence[str]) -> Network:
    network = config.models.get(model)
    if network is not None and model in convolutional:
        return network
    what = "has no convolutions" if network is not None else f"is not in this run ({_list(config.models)})"
    hint = f"choose one of: {_list(convolutional)}" if convolutional else "no model of this run has any"
    raise ConfigError(f"--model {model}: {model} {what}; expected a model with convolutions: {hint}.")


def _layer(network: Network, model: str, layer: str, num_classes: int) -> LayerFacts:
    convolutions = {fact.name: fact for fact in layer_facts(network, num_classes) if fact.kind == "conv"}
    if layer not in convolutions:
        raise ConfigError(f"--layer {layer}: the convolutions of {model} are {_list(convolutions)}.")
    return convolutions[layer]


def parse_place(at: str, layer: str, height: int, width: int) -> tuple[int, int]:
    """ROW,COLUMN of a map, from 0; ConfigError if it is not that or not on the map."""
    match = re.fullmatch(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", at, re.ASCII)
    if match and int(match[1]) < height and int(match[2]) < width:
        return int(match[1]), int(match[2])
    raise ConfigError(
        f"--at {at}: expected ROW,COLUMN on the map of {layer}, which is {height} x {width}: "
        f"0,0 to {height - 1},{width - 1}."
    )


def _finished(folder: RunFolder, config: Config, model: str) -> str:
    seeds = [seed for seed in config.seeds if (folder.seed_folder(model, seed) / "model.keras").exists()]
    if seeds:
        return f"of {model}, the run has the trained seeds {_list(seeds)}: choose one with --seed"
    return f"the run has no trained {model}: {again(folder.path)}"


def _list(names: Iterable[object]) -> str:
    return ", ".join(str(name) for name in names)


def read_filter(
    path: Path, network: Network, num_classes: int, layer: str, index: int, picture: np.ndarray
) -> FilterAtWork:
    """Load a saved model and take out one filter, what it reads of a picture uint8 (28, 28), and its maps.

    Raises:
        RunError: the file is damaged or of another network.
    """
    with quiet():
        from model.run.saved import load

        saved = load(path, network, num_classes)
        return filter_at_work(saved, layers_of(network, num_classes), layer, index, picture)


def filter_at_work(
    saved: Any, layers: Sequence[Layer], layer: str, index: int, picture: np.ndarray
) -> FilterAtWork:
    """The same of a Keras model and the list of its layers."""
    import keras

    from model.networks.take_apart import activation_of, weights_of

    layers = [one for one in layers if not isinstance(one, Dropout)]
    names = [one.name for one in layers]
    after = layers[names.index(layer) + 1]
    pooling = after if isinstance(after, Pooling) else None
    convolution = saved.get_layer(f"{layer}_linear" if f"{layer}_linear" in names else layer)
    first = names.index(convolution.name)
    normalized = f"{layer}_normalization"
    normalization = _normalization(saved.get_layer(normalized), index) if normalized in names else None
    outputs = [convolution.input, saved.get_layer(layer).output]
    if pooling:
        outputs.append(saved.get_layer(pooling.name).output)
    images = picture[None, :, :, None].astype(np.float32) / 255
    reads, *maps = (np.asarray(value)[0] for value in keras.Model(saved.input, outputs)(images))
    kernel, bias = weights_of(convolution)
    return FilterAtWork(
        reads=reads,
        kernel=kernel[..., index],
        bias=float(bias[index]),
        normalization=normalization,
        strides=convolution.strides,
        padding=convolution.padding,
        pooling=pooling,
        keras_map=maps[0][..., index],
        keras_pooled=maps[1][..., index] if pooling else None,
        before=names[first - 1] if first else None,
        activation=activation_of(saved.get_layer(layer)),
    )


def _normalization(layer: Any, index: int) -> Normalization:
    *scaled, mean, variance = (float(one[index]) for one in layer.get_weights())
    scale = scaled[0] if layer.scale else 1.0
    shift = scaled[-1] if layer.center else 0.0
    deviation = float(np.sqrt(variance + layer.epsilon))
    return Normalization(mean, deviation, scale, shift)

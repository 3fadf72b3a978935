"""Networks as people's notebooks make them, with stock Keras, and save them with `model.save(...)`."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import layers

NUM_CLASSES = 10
Layers = list[layers.Layer]


def _sequential(*stack: layers.Layer, shape: tuple[int, ...] = (28, 28, 1)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack])


def _functional(*stack: layers.Layer, shape: tuple[int, ...] = (28, 28, 1)) -> keras.Model:
    x = inputs = keras.Input(shape)
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)


def _end(activation: str | None = "softmax", units: int = 12) -> Layers:
    return [layers.Flatten(), layers.Dense(units, activation="relu"), layers.Dense(NUM_CLASSES, activation)]


def course_dense() -> keras.Model:
    return _sequential(
        layers.Flatten(), layers.Dense(16, "relu"), layers.Dense(10, "softmax"), shape=(28, 28)
    )


def course_cnn() -> keras.Model:
    first = [layers.Conv2D(6, (3, 3), activation="relu"), layers.MaxPooling2D(2, 2)]
    return _sequential(*first, layers.Conv2D(5, 3, activation="relu"), layers.MaxPooling2D(), *_end())


def three_convolutions() -> keras.Model:
    stack = [
        layers.Conv2D(count, 3, activation=keras.activations.relu, padding="same") for count in (3, 4, 5)
    ]
    return _sequential(stack[0], layers.MaxPooling2D(), stack[1], layers.Dropout(0.25), stack[2], *_end())


def augmented_bytes() -> keras.Model:
    augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    front = [layers.Reshape((28, 28, 1)), layers.Rescaling(1 / 255), augmentation, layers.RandomZoom(0.1)]
    middle = [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.SpatialDropout2D(0.1)]
    return _functional(*front, *middle, *_end(), shape=(28, 28))


def normalized_before() -> keras.Model:
    def block(filters: int, **options: bool) -> Layers:
        convolution = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        return [convolution, layers.BatchNormalization(**options), layers.Activation("relu")]

    return _sequential(
        *block(4), layers.MaxPooling2D(), *block(5, scale=False), layers.MaxPooling2D(), *_end()
    )


def normalized_after() -> keras.Model:
    stack = []
    for filters in (4, 5):
        stack += [layers.Conv2D(filters, 3, activation="relu"), layers.BatchNormalization(epsilon=0.01)]
        stack += [layers.MaxPooling2D(), layers.Dropout(0.2)]
    end = [
        layers.Flatten(),
        layers.BatchNormalization(),
        layers.Dense(12, "relu"),
        layers.BatchNormalization(),
    ]
    return _functional(layers.BatchNormalization(), *stack, *end, layers.Dense(10), layers.Softmax())


def strides_and_odd_kernels() -> keras.Model:
    first = layers.Conv2D(4, 5, strides=2, padding="same", activation="relu")
    second = layers.Conv2D(5, (2, 3), strides=(2, 1), activation="relu")
    return _functional(first, second, layers.Conv2D(3, (1, 4), padding="same"), layers.ReLU(), *_end())


def overlapping_pooling() -> keras.Model:
    first = [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(3, strides=2)]
    second = [layers.Conv2D(5, 3, activation="relu"), layers.AveragePooling2D(3, 2, padding="same")]
    return _sequential(*first, *second, layers.MaxPooling2D((2, 3), padding="same"), *_end())


def lenet() -> keras.Model:
    first = [layers.Conv2D(4, 5, activation="tanh", padding="same"), layers.AveragePooling2D(2)]
    second = [layers.Conv2D(6, 5, activation="tanh"), layers.AveragePooling2D(2), layers.Flatten()]
    dense = [layers.Dense(12, "tanh"), layers.Dense(8, "sigmoid"), layers.Dense(10, "softmax")]
    return _sequential(*first, *second, *dense)


def global_average_logits() -> keras.Model:
    stack = [layers.Conv2D(4, 3, activation="elu"), layers.AveragePooling2D(2), layers.Conv2D(5, 3)]
    stack += [layers.BatchNormalization(), layers.LeakyReLU(negative_slope=0.1)]
    stack += [layers.Conv2D(6, 3, activation="gelu"), layers.GlobalAveragePooling2D()]
    stack += [layers.BatchNormalization(), layers.ReLU()]
    return _functional(*stack, layers.Dense(8, "gelu"), layers.Dropout(0.5), layers.Dense(NUM_CLASSES))


def pixels_in_a_row() -> keras.Model:
    hidden = [layers.BatchNormalization(), layers.Dense(16), layers.BatchNormalization(), layers.ReLU()]
    rest = [layers.Dropout(0.3), layers.Dense(8, "leaky_relu", use_bias=False)]
    return _functional(*hidden, *rest, layers.Dense(10, "softmax"), shape=(784,))


def with_its_mirror_image() -> keras.Model:
    """It answers by the mean over a picture and its mirror image, and its layers are used for both."""
    inputs = keras.Input((28, 28))
    stack = [
        layers.Reshape((28, 28, 1)),
        layers.RandomFlip("horizontal"),
        layers.Conv2D(4, 3, padding="same"),
    ]
    stack += [
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(5, 3, strides=2),
    ]
    stack += [layers.LeakyReLU(), layers.Flatten(), layers.Dense(12, "relu"), layers.Dropout(0.2)]
    return keras.Model(inputs, layers.Dense(NUM_CLASSES)(_mean_of_both(inputs, stack)))


def mean_of_logits() -> keras.Model:
    """Likewise, and the mean is that of what the last Dense gives, before its softmax."""
    inputs = keras.Input((28, 28, 1))
    stack = [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
    logits = _mean_of_both(inputs, [*stack, layers.Dense(NUM_CLASSES)])
    return keras.Model(inputs, layers.Softmax()(logits))


def _mean_of_both(inputs: keras.KerasTensor, stack: list[keras.Layer]) -> keras.KerasTensor:
    both = []
    for x in (inputs, keras.ops.flip(inputs, axis=2)):
        for layer in stack:
            x = layer(x)
        both.append(x)
    return layers.Average()(both)


def half_the_digits() -> keras.Model:
    keras.config.set_dtype_policy("bfloat16")
    try:
        return course_cnn()
    finally:
        keras.config.set_dtype_policy("float32")


NOTEBOOKS: dict[str, Callable[[], keras.Model]] = {
    made.__name__: made
    for made in (
        course_dense,
        course_cnn,
        three_convolutions,
        augmented_bytes,
        normalized_before,
        normalized_after,
        strides_and_odd_kernels,
        overlapping_pooling,
        lenet,
        global_average_logits,
        pixels_in_a_row,
        with_its_mirror_image,
        mean_of_logits,
        half_the_digits,
    )
}


def notebook(name: str, folder: Path) -> tuple[keras.Model, Path]:
    """One of `NOTEBOOKS`, none of its weights as they start; and its file in a folder."""
    model = NOTEBOOKS[name]()
    rng = np.random.default_rng(sorted(NOTEBOOKS).index(name))
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            values = [rng.uniform(0.3, 1.2, one.shape) for one in layer.get_weights()]
        else:
            values = [2 * one + 0.1 * rng.uniform(-1, 1, one.shape) for one in layer.get_weights()]
        if layer.weights and not isinstance(layer, keras.Sequential):
            layer.set_weights(values)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    path = folder / f"{name}.keras"
    model.save(path)
    return model, path


def one_map_replaced(
    model: keras.Model, layer: str, images: np.ndarray
) -> Callable[[int, float], np.ndarray]:
    """What makes of a filter of a convolution, and a number, the answers where its map is that everywhere.

    It is the plain way: Keras's maps, changed, and the rest of the network, which this house has built.
    Images are float32 (n, 28, 28, 1).
    """
    [*means] = (one for one in model.layers if isinstance(one, layers.Average))
    views = [images, images[:, :, ::-1]] if means else [images]
    maps, last = model.get_layer(layer).output, model.get_layer("probabilities")
    whole = [np.asarray(keras.Model(model.input, maps)(view, training=False)) for view in views]
    rest = keras.Model(maps, means[0].input[0] if means else last.input)

    def answers(index: int, value: float) -> np.ndarray:
        changed = [one.copy() for one in whole]
        for one in changed:
            one[..., index] = value
        return np.asarray(last(np.mean([rest(one, training=False) for one in changed], axis=0)))

    return answers

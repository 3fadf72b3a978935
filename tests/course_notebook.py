"""The course notebook as a program: what `python train.py` is measured against.

Stock Keras from import to pictures, one seed: the dense network and the course network, five epochs each
with `fit` and its defaults on all 60,000 images in float32, both scored on the test images, and pictures of
the activations of three garments. Run by `python -m tests.benchmark course`.
"""

import argparse
import sys
import time
from pathlib import Path

import keras
import matplotlib
import numpy as np
from keras import layers

sys.path.insert(0, str(Path(__file__).parent.parent))
matplotlib.use("Agg")

import matplotlib.pyplot as plt

from configs.schema import Data
from data.fashion_mnist import load


def network(convolutions: bool) -> keras.Model:
    """784 - 128 - 10, or two convolutions of 64 filters with pooling before that."""
    front = [
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
    ]
    back = [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *(front if convolutions else []), *back])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def draw(model: keras.Model, images: np.ndarray, path: str) -> None:
    """The maps of three garments by one filter, layer by layer."""
    look = keras.Model(model.inputs, [layer.output for layer in model.layers[:4]])
    figure, axes = plt.subplots(3, 4)
    for row, image in enumerate(images):
        for column, maps in enumerate(look.predict(image[None], verbose=0)):
            axes[row, column].imshow(maps[0, :, :, 1], cmap="inferno")
    figure.savefig(path)


def pictures() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All training images (60000, 28, 28, 1) from 0 to 1 with their labels, and the test images likewise."""
    splits = load(Data(validation_images=10))
    train = np.concatenate([splits.train.images, splits.validation.images])[..., None] / 255.0
    labels = np.concatenate([splits.train.labels, splits.validation.labels])
    return train, labels, splits.test.images[..., None] / 255.0, splits.test.labels


def main(picture: str, epochs: int) -> None:
    """Train, score and draw; prints accuracy and images per second of each network."""
    train, labels, test, test_labels = pictures()
    for name, convolutions in (("dense", False), ("cnn", True)):
        model = network(convolutions)
        started = time.perf_counter()
        model.fit(train, labels, epochs=epochs, verbose=0)
        rate = epochs * len(labels) / (time.perf_counter() - started)
        _, accuracy = model.evaluate(test, test_labels, verbose=0)
        print(f"{name} {accuracy:.4f} {rate:.0f}", flush=True)
        if convolutions:
            draw(model, test[:3], picture)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", help="file to draw into")
    parser.add_argument("--epochs", type=int, default=5, help="of each network; default: 5")
    main(**vars(parser.parse_args()))

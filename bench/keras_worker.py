"""Keras with TensorFlow on the CPU; see worker.py."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# The environment has to come first.
# pylint: disable=wrong-import-position
import keras
import numpy
import tensorflow
from keras import layers

import worker


def network(dropout):
    parts = [keras.Input((worker.SIDE, worker.SIDE, 1))]
    for filters, rate in zip((32, 64, 128), worker.RATES):
        parts += [layers.Conv2D(filters, 3, padding="same"), layers.LeakyReLU(negative_slope=worker.SLOPE),
                  layers.MaxPooling2D(2, padding="same")]
        parts += [layers.Dropout(rate)] if dropout else []
    parts += [layers.Flatten(), layers.Dense(128), layers.LeakyReLU(negative_slope=worker.SLOPE)]
    parts += [layers.Dropout(worker.RATES[-1])] if dropout else []
    return keras.Sequential(parts + [layers.Dense(worker.CLASSES)])


def main():
    given = worker.options()
    tensorflow.config.threading.set_intra_op_parallelism_threads(worker.processors())
    count = worker.batches_of(given.batch)
    random = numpy.random.default_rng(0)
    x = random.random((count, given.batch, worker.SIDE, worker.SIDE, 1), dtype=numpy.float32)
    y = random.integers(0, worker.CLASSES, (count, given.batch))
    model = network(given.model == "dropout")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam(worker.LEARNING_RATE, epsilon=worker.EPSILON)
    adam.build(model.trainable_variables)

    # One compiled function a step, without what fit does around it.
    @tensorflow.function
    def train(images, labels):
        with tensorflow.GradientTape() as tape:
            error = loss(labels, model(images, training=True))
        gradients = tape.gradient(error, model.trainable_variables)
        adam.apply_gradients(zip(gradients, model.trainable_variables))

    @tensorflow.function
    def predict(images):
        return tensorflow.nn.softmax(model(images, training=False))

    inputs = [(tensorflow.constant(a), tensorflow.constant(b)) for a, b in zip(x, y)]
    at = 0

    def work(n):
        nonlocal at
        for _ in range(n):
            images, labels = inputs[at]
            if given.mode == "train":
                train(images, labels)
            else:
                predict(images).numpy()
            at = (at + 1) % count

    worker.serve(given, work, lambda: None,
                 {"version": f"Keras {keras.__version__}, TensorFlow {tensorflow.__version__}", "device": "cpu"})


if __name__ == "__main__":
    main()

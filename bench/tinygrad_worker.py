"""tinygrad on the device that DEV names: CPU, or CL for OpenCL; see worker.py."""

import importlib.metadata

import numpy
from tinygrad import Device, Tensor, TinyJit, nn
from tinygrad.helpers import Context

import worker


class Network:
    """The published network; without dropout the rates are 0."""

    def __init__(self, rates):
        self.convolutions = [nn.Conv2d(c, k, 3, padding=1) for c, k in ((1, 32), (32, 64), (64, 128))]
        self.hidden, self.logits = nn.Linear(2048, 128), nn.Linear(128, worker.CLASSES)
        self.rates = rates

    def __call__(self, x):
        for convolution, rate in zip(self.convolutions, self.rates):
            x = convolution(x).leaky_relu(worker.SLOPE).max_pool2d((2, 2), ceil_mode=True)
            x = x.dropout(rate) if rate else x
        x = self.hidden(x.flatten(1)).leaky_relu(worker.SLOPE)
        return self.logits(x.dropout(self.rates[-1]) if self.rates[-1] else x)


def main():
    given = worker.options()
    random = numpy.random.default_rng(0)
    count = worker.batches_of(given.batch)
    x = [Tensor(random.random((given.batch, 1, worker.SIDE, worker.SIDE), dtype=numpy.float32)).realize()
         for _ in range(count)]
    y = [Tensor(random.integers(0, worker.CLASSES, given.batch).astype(numpy.int32)).realize() for _ in range(count)]
    network = Network(worker.RATES if given.model == "dropout" else (0,) * 4)
    adam = nn.optim.Adam(nn.state.get_parameters(network), lr=worker.LEARNING_RATE, eps=worker.EPSILON)

    @TinyJit
    def train(images, labels):
        adam.zero_grad()
        network(images).sparse_categorical_crossentropy(labels).backward()
        adam.step()

    @TinyJit
    def predict(images):
        return network(images).softmax().realize()

    at = 0

    def work(n):
        nonlocal at
        for _ in range(n):
            if given.mode == "train":
                with Context(TRAINING=1):
                    train(x[at], y[at])
            else:
                predict(x[at]).numpy()
            at = (at + 1) % count

    worker.serve(given, work, Device[Device.DEFAULT].synchronize,
                 {"version": f"tinygrad {importlib.metadata.version('tinygrad')}", "device": Device.DEFAULT})


if __name__ == "__main__":
    main()

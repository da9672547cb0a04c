#!/usr/bin/env python3
"""Writes plan-golden.csv: what Keras's callbacks and PyTorch's schedulers make of random histories.

    python3 make_plan_golden.py > plan-golden.csv     # with keras, torch and numpy

Each line: monitor, rate, minimum, reduce's patience, factor and min_delta, early stop's patience and min_delta, then of
each epoch "value;rate;stopped": the monitored value, the learning rate of the next epoch, and whether the training had
stopped by then. Values and margins are multiples of 1/1024, which f32 and f64 agree on. Lines whose first word is step
or cosine: rate, minimum, step_epochs or epochs, factor, then the rate of each epoch."""
import os
import random
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "torch")
warnings.filterwarnings("ignore")

import keras
import torch

MONITORS = ("val_loss", "val_accuracy", "loss", "accuracy")
UNIT = 1024


class Optimizer:
    def __init__(self, rate):
        self.learning_rate = rate


class Model:
    """As much of a Keras model as the callbacks touch."""

    def __init__(self, rate):
        self.optimizer = Optimizer(rate)
        self.stop_training = False


def history(draw, up):
    """Values that wander in the right direction, with stretches that stand still."""
    value, drift = draw.randrange(UNIT), draw.choice((0, 8, 24))
    for _ in range(draw.randrange(4, 20)):
        value += (drift if up else -drift) + draw.choice((0, 0, 1, -1, 2, -2, 16, -16, 40, -40))
        value = min(max(value, 0), UNIT) if up else max(value, 1)
        yield value / UNIT


def callbacks_line(draw):
    monitor = draw.choice(MONITORS)
    up = monitor.endswith("accuracy")
    rate = draw.choice((0.001, 0.01, 0.1, 0.5))
    minimum = draw.choice((0.0, 0.0, rate / 1000, rate / 20, rate))
    reduce = (draw.randrange(1, 5), draw.choice((0.1, 0.5, 0.25, 0.9)), draw.choice((0, 1, 2, 16)) / UNIT)
    early = (draw.randrange(1, 7), draw.choice((0, 0, 1, 16)) / UNIT)
    mode = "max" if up else "min"
    model = Model(rate)
    plateau = keras.callbacks.ReduceLROnPlateau(monitor=monitor, patience=reduce[0], factor=reduce[1], min_delta=reduce[2],
                                                min_lr=minimum, mode=mode)
    stop = keras.callbacks.EarlyStopping(monitor=monitor, patience=early[0], min_delta=early[1], mode=mode)
    for callback in (plateau, stop):
        callback.set_model(model)
        callback.on_train_begin()
    epochs = []
    for epoch, value in enumerate(history(draw, up)):
        for callback in (plateau, stop):
            callback.on_epoch_end(epoch, {monitor: value})
        epochs.append(f"{value};{float(model.optimizer.learning_rate)!r};{int(model.stop_training)}")
        if model.stop_training:
            break
    return ",".join(map(str, (monitor, rate, minimum, *reduce, *early, *epochs)))


def schedule_line(kind, draw):
    rate = draw.choice((0.001, 0.01, 0.3))
    epochs = draw.randrange(1, 24)
    steps, factor = draw.randrange(1, 6), draw.choice((0.1, 0.5, 0.9))
    minimum = draw.choice((0.0, rate / 100, rate)) if kind == "cosine" else 0.0
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=rate)
    if kind == "step":
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=steps, gamma=factor)
    else:
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs, eta_min=minimum)
    rates = []
    for _ in range(epochs):
        rates.append(repr(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return ",".join(map(str, (kind, rate, minimum, steps if kind == "step" else epochs, factor, *rates)))


def main():
    draw = random.Random(20)
    print(f"# by make_plan_golden.py, Keras {keras.__version__}, PyTorch {torch.__version__.split('+')[0]}")
    for _ in range(240):
        print(callbacks_line(draw))
    for kind in ("step", "cosine"):
        for _ in range(20):
            print(schedule_line(kind, draw))


if __name__ == "__main__":
    sys.exit(main())

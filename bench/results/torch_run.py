"""One training of the published network by PyTorch: Sateen's split, Glorot-uniform weights, zero biases, Keras's Adam.

Writes FOLDER/history.csv as Sateen's, a row for each epoch, and at the end FOLDER/result.json."""

import argparse
import csv
import gzip
import json
import os
import pathlib
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from files import rows_of, write_whole
from split import split

RATES = (0.25, 0.25, 0.4, 0.3)  # of the variant with dropout: after the three pools, before the last dense layer
COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


def images_of(folder, part):
    """x [n][1][28][28] in 0 to 1, y [n]."""
    def read(name, header):
        for suffix, opener in (("", open), (".gz", gzip.open)):
            path = folder / f"{name}{suffix}"
            if path.exists():
                with opener(path, "rb") as file:
                    return np.frombuffer(file.read(), np.uint8, offset=header)
        raise SystemExit(f"torch_run: no {name} in {folder}")
    y = read(f"{part}-labels-idx1-ubyte", 8)
    x = read(f"{part}-images-idx3-ubyte", 16).reshape(len(y), 1, 28, 28)
    x = torch.from_numpy(x.astype(np.float32) / np.float32(255)).contiguous(memory_format=torch.channels_last)
    return x, torch.from_numpy(y.astype(np.int64))


class Network(nn.Module):
    def __init__(self, rates):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(c, k, 3, padding=1) for c, k in ((1, 32), (32, 64), (64, 128)))
        self.hidden, self.logits = nn.Linear(2048, 128), nn.Linear(128, 10)
        self.rates = rates
        for layer in (*self.convolutions, self.hidden, self.logits):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for convolution, rate in zip(self.convolutions, self.rates):
            x = functional.leaky_relu(convolution(x), 0.1)
            x = functional.dropout(functional.max_pool2d(x, 2, ceil_mode=True), rate, self.training)
        x = functional.leaky_relu(self.hidden(x.flatten(1)), 0.1)
        return self.logits(functional.dropout(x, self.rates[3], self.training))


class KerasAdam:
    """p -= lr·√(1−β₂ᵗ)/(1−β₁ᵗ)·m/(√v+ε). PyTorch adds its ε after √v was divided by √(1−β₂ᵗ), so it gets ε/√(1−β₂ᵗ)."""

    def __init__(self, parameters, rate=1e-3, epsilon=1e-7):
        self.adam, self.epsilon, self.t = torch.optim.Adam(parameters, rate, eps=epsilon, fused=True), epsilon, 0

    def step(self, loss):
        self.t += 1
        self.adam.param_groups[0]["eps"] = self.epsilon / (1 - 0.999 ** self.t) ** 0.5
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()


@torch.inference_mode()
def measure(network, x, y):
    """Loss and accuracy with dropout off."""
    network.eval()
    loss = correct = 0
    for at in range(0, len(y), 500):
        logits = network(x[at:at + 500])
        loss += functional.cross_entropy(logits, y[at:at + 500], reduction="sum").item()
        correct += (logits.argmax(1) == y[at:at + 500]).sum().item()
    network.train()
    return {"loss": loss / len(y), "accuracy": correct / len(y)}


def train_epoch(network, adam, x, y, batch):
    loss_sum = torch.zeros((), device=x.device)
    correct = torch.zeros((), dtype=torch.int64, device=x.device)
    for chosen in torch.randperm(len(y)).to(x.device).split(batch):
        logits = network(x[chosen].contiguous(memory_format=torch.channels_last))
        loss = functional.cross_entropy(logits, y[chosen])
        adam.step(loss)
        loss_sum += loss.detach() * len(chosen)
        correct += (logits.detach().argmax(1) == y[chosen]).sum()
    return loss_sum.item() / len(y), correct.item() / len(y)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--model", choices=("plain", "dropout"), required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--device", default="cpu", help="as PyTorch names it: cpu, cuda (default: cpu)")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    torch.backends.cudnn.allow_tf32 = False  # products with all of f32's bits, as ours
    x, y = (each.to(given.device) for each in images_of(given.data, "train"))
    train, held_out = (torch.tensor(part, device=given.device) for part in split(len(y), 0.2, given.seed))
    parts = {"train": (x[train], y[train]), "held_out": (x[held_out], y[held_out]),
             "test": tuple(each.to(given.device) for each in images_of(given.data, "t10k"))}
    network = Network(RATES if given.model == "dropout" else (0.0,) * 4)
    network = network.to(given.device, memory_format=torch.channels_last)
    network.train()
    adam = KerasAdam(network.parameters())

    given.folder.mkdir(parents=True, exist_ok=True)
    best = None
    with open(given.folder / "history.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for epoch in range(1, given.epochs + 1):
            begin = time.perf_counter()
            loss, accuracy = train_epoch(network, adam, *parts["train"], batch=64)
            now = measure(network, *parts["held_out"])
            rows.writerow([epoch, loss, accuracy, now["loss"], now["accuracy"], round(time.perf_counter() - begin, 2)])
            file.flush()
            if best is None or now["loss"] < best["held_out"]["loss"]:
                best = {"epoch": epoch, "held_out": now,
                        "weights": {name: value.clone() for name, value in network.state_dict().items()}}

    device = torch.cuda.get_device_name() if given.device.startswith("cuda") else "the processors"

    def measured(epoch):
        return {"epoch": epoch, "device": device} | {name: measure(network, *part) for name, part in parts.items()}

    result = {"model": given.model, "seed": given.seed, "version": f"PyTorch {torch.__version__}", "date": rows_of.today(),
              "machine": rows_of.machine(), "last": measured(given.epochs)}
    network.load_state_dict(best["weights"])
    result["best"] = measured(best["epoch"])
    write_whole(given.folder / "result.json", json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""A network tried before the recipe was chosen: trained by PyTorch on a CUDA device, in bfloat16 where that is quicker,
on the first 50,000 training images, and judged by the other 10,000. Adds a row to FILE (docs/results/trials.csv).

NETWORK is words: c32 a convolution 3x3 of 32 filters with LeakyReLU, n batch normalisation, p a max-pool 2x2, d.3 dropout,
f128 a dense layer with LeakyReLU; the dense layer of ten logits comes by itself."""

import argparse
import csv
import math
import pathlib

import torch
from torch import nn
from torch.nn import functional

from torch_run import images_of

BATCH, RATE = 128, 1e-3
COLUMNS = ("network", "epochs", "shift", "erase", "smooth", "seed", "parameters",
           *(f"{part}_{what}" for part in ("train", "held_out", "held_out_mirrored", "test", "test_mirrored")
             for what in ("loss", "accuracy")))


def network_of(words):
    layers, channels, side, flat = [], 1, 28, False
    for word in words.split():
        kind, number = word[0], word[1:]
        if kind == "f" and not flat:
            layers, channels, flat = [*layers, nn.Flatten()], channels * side * side, True
        if kind == "c":
            layers += [nn.Conv2d(channels, int(number), 3, padding=1), nn.LeakyReLU(0.1)]
            channels = int(number)
        elif kind == "f":
            layers += [nn.Linear(channels, int(number)), nn.LeakyReLU(0.1)]
            channels = int(number)
        elif kind == "n":
            layers.append((nn.BatchNorm1d if flat else nn.BatchNorm2d)(channels, 1e-3, 0.01))
        elif kind == "p":
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            side = (side + 1) // 2
        elif kind == "d":
            layers.append(nn.Dropout(float(number)))
        else:
            raise SystemExit(f"trial: {word} is no layer")
    if not flat:
        layers, channels = [*layers, nn.Flatten()], channels * side * side
    network = nn.Sequential(*layers, nn.Linear(channels, 10))
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return network


def augmented(x, shift, erase):
    """Each mirrored at random and shifted by up to `shift` pixels either way; in a share of them a rectangle is noise."""
    n, side, at = len(x), 28, x.device
    place = torch.arange(side, device=at)
    columns = torch.where(torch.rand((n, 1), device=at) < 0.5, side - 1 - place, place)
    columns = columns + torch.randint(-shift, shift + 1, (n, 1), device=at)
    rows = place + torch.randint(-shift, shift + 1, (n, 1), device=at)
    inside = ((rows >= 0) & (rows < side))[:, :, None] & ((columns >= 0) & (columns < side))[:, None, :]
    image = torch.arange(n, device=at)[:, None, None]
    x = x[image, 0, rows.clamp(0, side - 1)[:, :, None], columns.clamp(0, side - 1)[:, None, :]] * inside
    if erase:
        def span():
            long = torch.randint(4, 15, (n, 1), device=at)
            first = (torch.rand((n, 1), device=at) * (side - long)).long()
            return (place >= first) & (place < first + long)
        hole = span()[:, :, None] & span()[:, None, :] & (torch.rand((n, 1, 1), device=at) < erase)
        x = torch.where(hole, torch.rand_like(x), x)
    return x[:, None]


@torch.inference_mode()
def measure(network, x, y, mirror=False):
    network.eval()
    loss = correct = 0
    for at in range(0, len(y), 1000):
        part, truth = x[at:at + 1000], y[at:at + 1000]
        p = functional.softmax(network(part), 1)
        if mirror:
            p = (p + functional.softmax(network(part.flip(3)), 1)) / 2
        loss += functional.nll_loss(p.log(), truth, reduction="sum").item()
        correct += (p.argmax(1) == truth).sum().item()
    network.train()
    return loss / len(y), correct / len(y)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--shift", type=int, default=1)
    parser.add_argument("--erase", type=float, default=0.0)
    parser.add_argument("--smooth", type=float, default=0.0, help="of the labels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--images", type=int, default=50000, help="to train on")
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    x, y = (each.to(given.device) for each in images_of(given.data, "train"))
    held_out, test = (x[50000:], y[50000:]), [each.to(given.device) for each in images_of(given.data, "t10k")]
    x, y = x[:given.images], y[:given.images]
    network = network_of(given.network).to(given.device, memory_format=torch.channels_last)
    adam = torch.optim.Adam(network.parameters(), RATE, eps=1e-7, fused=True)
    for epoch in range(given.epochs):
        adam.param_groups[0]["lr"] = RATE * (1 + math.cos(math.pi * epoch / given.epochs)) / 2
        for chosen in torch.randperm(len(y), device=given.device).split(BATCH):
            images = augmented(x[chosen], given.shift, given.erase).contiguous(memory_format=torch.channels_last)
            with torch.autocast(torch.device(given.device).type, torch.bfloat16):
                logits = network(images)
            loss = functional.cross_entropy(logits.float(), y[chosen], label_smoothing=given.smooth)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
    numbers = [*measure(network, x[:10000], y[:10000])]
    for part in (held_out, test):
        numbers += [*measure(network, *part), *measure(network, *part, mirror=True)]
    new = not given.file.exists()
    with open(given.file, "a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        if new:
            rows.writerow(COLUMNS)
        rows.writerow([given.network, given.epochs, given.shift, given.erase, given.smooth, given.seed,
                       sum(each.numel() for each in network.parameters()), *(f"{number:.4f}" for number in numbers)])


if __name__ == "__main__":
    main()

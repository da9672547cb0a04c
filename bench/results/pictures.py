"""Curves of the finished runs: pictures.py RUNS FOLDER. Mean over the seeds, and from the lowest to the highest."""

import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "sateen", "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
                            "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})

# The back end has to be chosen first.
# pylint: disable=wrong-import-position
from matplotlib import pyplot  # noqa: E402

from page import NAMES, runs_of  # noqa: E402

PARTS = (("", "training (running)", "#4477aa", "-"), ("val_", "held out", "#cc6677", "--"))


def curves(axes, runs, what):
    for prefix, name, color, dash in PARTS:
        rows = list(zip(*([row[prefix + what] for row in run.history] for run in runs)))
        x = range(1, len(rows) + 1)
        axes.fill_between(x, [min(row) for row in rows], [max(row) for row in rows], color=color, alpha=0.2, linewidth=0)
        axes.plot(x, [sum(row) / len(row) for row in rows], dash, color=color, label=name)
    axes.set_xlabel("epoch")
    axes.set_xticks(range(0, len(rows) + 1, 5))
    axes.set_xlim(1, len(rows))


def gap(runs, path):
    """Both networks beside each other: loss above, accuracy below, on the same scales."""
    figure, grid = pyplot.subplots(2, 2, figsize=(8, 5.6), sharex=True, sharey="row", layout="constrained")
    for column, (model, name) in enumerate(NAMES.items()):
        some = runs.get(("sateen", model), [])
        if not some:
            return
        for row, what in enumerate(("loss", "accuracy")):
            curves(grid[row][column], some, what)
        grid[0][column].set_title(f"{name}, {len(some)} seeds")
    grid[0][0].set_ylabel("loss")
    grid[0][0].set_ylim(0, 0.7)
    grid[1][0].set_ylabel("accuracy")
    grid[1][0].set_ylim(0.8, 1)
    grid[0][0].legend()
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(path.with_suffix(".png"), dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    gap(runs_of(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]) / "results-gap")

"""Draws growth.csv: pictures.py FILE FOLDER MODEL; of each point the row that came last. Needs matplotlib."""

import csv
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "sateen", "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
                            "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})

# The back end has to be chosen first.
# pylint: disable=wrong-import-position
from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")
MODES = ("train", "infer")


def read(path, model):
    """{(curve, system, mode): {x: row}}, the last row of each point."""
    points = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["model"] == model:
                points.setdefault((row["curve"], row["system"], row["mode"]), {})[row["x"]] = row
    return points


def of(points, curve, mode):
    """{system: its points in the order of x}"""
    found = {}
    for (at, system, kind), rows in points.items():
        if (at, kind) == (curve, mode):
            found[system] = [rows[x] for x in sorted(rows, key=float)]
    return found


def save(figure, folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    figure.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None}, bbox_inches="tight")
    pyplot.close(figure)


def curves(axes, systems, value, title, x_label, y_label, base, log=False):
    for system, rows in systems.items():
        axes.plot([float(row["x"]) for row in rows], [value(row) for row in rows], marker="o", markersize=3.5, label=system)
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_xscale("log", base=base)
    ticks = sorted({float(row["x"]) for rows in systems.values() for row in rows})
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(COUNT)
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelrotation=45)
    if log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.yaxis.set_major_formatter(COUNT)
        axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def speed(row):
    return float(row["images_per_second"])


def mebibytes(row):
    return float(row["memory_peak_rss_bytes"]) / 2 ** 20


def panels(count):
    return pyplot.subplots(1, count, figsize=(4.4 * count, 3.4), squeeze=False, layout="constrained")


def draw_batch(points, folder):
    systems = {mode: of(points, "batch", mode) for mode in MODES}
    if not all(systems.values()):
        return
    figure, axes = panels(3)
    for at, mode in zip(axes[0], MODES):
        curves(at, systems[mode], speed, {"train": "Training", "infer": "Inference"}[mode], "batch", "images a second", 2)
    curves(axes[0][2], systems["train"], mebibytes, "Memory in training", "batch", "most MiB of the process", 2)
    save(figure, folder, "growth-batch")


def draw_images(points, folder):
    systems = of(points, "images", "train")
    if not systems:
        return
    figure, axes = panels(2)
    curves(axes[0][0], systems, lambda row: float(row["x"]) / speed(row), "An epoch, batch 64", "pictures", "seconds", 10,
           log=True)
    curves(axes[0][1], systems, speed, "Speed, batch 64", "pictures", "images a second", 10)
    save(figure, folder, "growth-images")


def bars(axes, groups, title, y_label, text):
    """groups: {system: {label: value}}"""
    labels = list(dict.fromkeys(label for values in groups.values() for label in values))
    width = 0.8 / len(labels)
    for i, label in enumerate(labels):
        at = [j + (i - (len(labels) - 1) / 2) * width for j in range(len(groups))]
        drawn = axes.bar(at, [values.get(label, 0) for values in groups.values()], width * 0.92, label=label)
        axes.bar_label(drawn, fmt=text, fontsize=7, padding=1)
    axes.set_xticks(range(len(groups)), [system.replace("sateen ", "") for system in groups])
    axes.set_title(title)
    axes.set_ylabel(y_label)
    axes.yaxis.set_major_formatter(COUNT if axes.get_ylim()[1] > 20 else FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.3)
    axes.legend(frameon=False, ncols=len(labels), loc="upper center")


def draw_threads(points, folder):
    systems = {mode: of(points, "threads", mode) for mode in MODES}
    if not all(systems.values()):
        return
    figure, axes = panels(2)
    for at, mode in zip(axes[0], MODES):
        groups = {system: {f"{row['x']} thread{'s' if row['x'] != '1' else ''}": speed(row) for row in rows}
                  for system, rows in systems[mode].items()}
        title = {"train": "Training, batch 64", "infer": "Inference, batch 64"}[mode]
        bars(at, groups, title, "images a second", "{:,.0f}")
    save(figure, folder, "growth-threads")


def draw_start(points, folder):
    figure, axes = panels(2)
    drawn = False
    for at, mode in zip(axes[0], MODES):
        groups = {system: {x: float(rows[x]["open_seconds"]) + float(rows[x]["first_step_seconds"])
                           for x in ("cold", "warm") if x in rows}
                  for (curve, system, kind), rows in points.items() if (curve, kind) == ("start", mode)}
        if groups:
            bars(at, groups, {"train": "To the first training step", "infer": "To the first prediction"}[mode], "seconds",
                 "{:.2f}")
            drawn = True
    if drawn:
        save(figure, folder, "growth-start")
    else:
        pyplot.close(figure)


def main():
    points = read(sys.argv[1], sys.argv[3])
    folder = pathlib.Path(sys.argv[2])
    for draw in (draw_batch, draw_images, draw_threads, draw_start):
        draw(points, folder)


if __name__ == "__main__":
    main()

"""Draws the outlook: picture.py FOLDER, curves as JSON on stdin. Needs matplotlib."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

# bench/ has to be on the path first.
# pylint: disable=wrong-import-position
from pictures import COUNT, panels, save


def draw(axes, curves, title):
    ranks = curves[0]["ranks"]
    axes.plot(ranks, ranks, color="0.6", linewidth=1, linestyle=":", label="as many times as devices")
    axes.plot(ranks, [count / 2 for count in ranks], color="0.8", linewidth=1, linestyle=":", label="half of that")
    colours = {link: f"C{i}" for i, link in enumerate(dict.fromkeys(curve["link"] for curve in curves))}
    for curve in curves:
        style = "-" if curve["batch"].endswith("each") else "--"
        axes.plot(ranks, curve["speed_up"], color=colours[curve["link"]], linestyle=style, marker="o", markersize=3,
                  label=f"{curve['link']}; {curve['batch']}")
        if curve["waits"]:
            axes.plot(curve["waits"], curve["at_waits"], color=colours[curve["link"]], marker="X", markersize=9,
                      markeredgecolor="black", linestyle="none")
    axes.plot([], [], color="0.4", marker="X", markersize=9, markeredgecolor="black", linestyle="none",
              label="from here on a device waits longer than it computes")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(ranks)
    axes.xaxis.set_major_formatter(COUNT)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:.2g}")
    axes.tick_params(axis="x", labelrotation=45)
    axes.set_title(title)
    axes.set_xlabel("devices")
    axes.set_ylabel("images a second, times one device")


def main():
    curves = json.load(sys.stdin)
    ordered = [curve for curve in curves if curve["reduce"] == "ordered"]
    devices = list(dict.fromkeys(curve["device"] for curve in ordered))
    figure, axes = panels(len(devices))
    for at, device in zip(axes[0], devices):
        draw(at, [curve for curve in ordered if curve["device"] == device], device[0].upper() + device[1:])
    # Both panels have the same curves; below them, as curves are everywhere within.
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0), ncol=3, frameon=False,
                  fontsize=8)
    save(figure, pathlib.Path(sys.argv[1]), "distributed-outlook")


if __name__ == "__main__":
    main()

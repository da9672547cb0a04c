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
    colours = {link: f"C{i}" for i, link in enumerate(dict.fromkeys(curve["link"] for curve in curves))}
    for curve in curves:
        each = curve["batch"] == "64 each"
        axes.plot(ranks, curve["speed_up"], color=colours[curve["link"]], linestyle="-" if each else "--", marker="o",
                  markersize=3, label=f"{curve['link']}; {curve['batch']}")
        if curve["crossing"]:
            axes.plot(curve["crossing"], curve["at_crossing"], color=colours[curve["link"]], marker="X", markersize=8,
                      linestyle="none")
    axes.plot([], [], color="0.4", marker="X", markersize=8, linestyle="none", label="from here on messages take longer")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(ranks)
    axes.xaxis.set_major_formatter(COUNT)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.4g}")
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
    axes[0][0].legend(frameon=False, fontsize=7)
    save(figure, pathlib.Path(sys.argv[1]), "distributed-outlook")


if __name__ == "__main__":
    main()

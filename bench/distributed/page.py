"""Rows as tables of docs/distributed-scaling.md between its marks, the picture, and raw rows in docs/bench."""

import csv
import json
import pathlib
import statistics
import subprocess

import fit
import outlook
from summary import load, put_into

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs"
PAGE = DOCS / "distributed-scaling.md"
GRADIENTS = {("ordered", "float"): "ordered", ("ordered", "half"): "ordered, half", ("allreduce", "float"): "allreduce"}


def table(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|",
                      *("| " + " | ".join(map(str, line)) + " |" for line in lines), ""])


def milliseconds(seconds):
    return f"{1000 * seconds:,.2f}" if seconds < 0.1 else f"{1000 * seconds:,.0f}"


def megabits(bandwidth):
    return f"{8e-6 * bandwidth:,.0f}"


def about(rows):
    dates = sorted({row["date"] for row in rows})
    turns = len({row["turn"] for row in rows})
    return (f"{' to '.join(dict.fromkeys((dates[0], dates[-1])))}, {rows[0]['machine']}; Sateen at {rows[0]['commit']}; "
            f"network `plain`, `--backend cpu --device-option threads=1`; turns: {turns}. " + load(rows))


def links(rows, measured):
    """What was asked of the links, what they do, and what messages cost over them."""
    lines = []
    for place, link in measured.items():
        checks = [row for row in rows if row["kind"] == "link" and row["place"] == place]
        there_and_back = min((float(row["seconds"]) for row in checks), default=None)
        rates = [max(values) for values in zip(*(map(float, row["all"].split()[1:]) for row in checks))]
        lines.append([place, f"{milliseconds(there_and_back)} ms" if checks else "",
                      f"{rates[0]:,.0f}" if checks else "", f"{rates[1]:,.0f}" if checks else "",
                      f"{1e6 * link.latency:,.1f} µs", megabits(link.bandwidth), f"{1e6 * link.per_message:.2f} µs",
                      f"{1e9 * link.processor:.2f} ns"])
    return table(("link", "there and back", "Mbit/s one way", "Mbit/s each of both ways", "message: latency",
                  "large messages, Mbit/s", "one of many", "processor, for a byte"), lines)


def devices(rows, network):
    lines = []
    for place, count in dict.fromkeys((row["place"], int(row["ranks"])) for row in rows if row["kind"] == "alone"):
        device = fit.device_of(rows, place, count)
        if device:
            lines.append([place, count, milliseconds(device.per_image), milliseconds(device.per_step),
                          f"{device.rate(network) / 1e9:,.1f}"])
    core = fit.core_of(rows)
    lines.append(["the quickest epoch of each share", "", milliseconds(core.per_image), milliseconds(core.per_step),
                  f"{core.rate(network) / 1e9:,.1f}"])
    return table(("measured with", "single ranks at once", "ms an image", "ms a step besides", "GFLOP/s"), lines)


def checks(points, one):
    """Measured beside modelled. one: {batch: seconds of a step by a single rank}"""
    lines = []
    for point in points:
        speed_up = one[point.batch] / point.measured if point.batch in one else 0
        lines.append([point.place, point.ranks, point.batch, GRADIENTS[point.reduce, point.wire],
                      milliseconds(point.measured), f"{speed_up:.2f}" if speed_up else "",
                      milliseconds(point.modelled.seconds), f"{100 * point.error:+.0f} %",
                      milliseconds(point.modelled.exchange), milliseconds(point.modelled.waiting)])
    several = [abs(point.error) for point in points if point.ranks > 1]
    words = (f"Error of the model over the {len(several)} points with several ranks: {100 * statistics.median(several):.0f} % "
             f"in the median, {100 * max(several):.0f} % at the most.\n\n") if several else ""
    return words + table(("where", "ranks", "batch", "gradients", "ms a step, measured", "times one rank", "model", "error",
                          "all messages, model", "of it not hidden, model"), lines)


def drawn_out(found):
    """Speed-ups of the outlook, and where messages take longer than computing."""
    lines = []
    for curve in found:
        at = dict(zip(curve["ranks"], curve["speed_up"]))
        lines.append([curve["device"], curve["link"], curve["batch"], curve["reduce"],
                      *(f"{at[ranks]:,.3g}" if at[ranks] < 100 else f"{at[ranks]:,.0f}" for ranks in outlook.SHOWN),
                      curve["crossing"] or "never"])
    return table(("device", "link", "batch", "gradients", *(f"{ranks:,} devices" for ranks in outlook.SHOWN),
                  "messages longer from"), lines)


def write(given, rows):
    groups = rows.groups("run")
    if not groups:
        raise SystemExit(f"bench: there are no rows in {rows.path}")
    last = list(groups.values())[-1]
    network = fit.network_of(given.bin)
    measured = fit.links_of(last)
    points = fit.check(last, network, measured)
    name = "bench/distributed/run.py"
    put_into(PAGE, f"{name}: links", links(last, measured))
    put_into(PAGE, f"{name}: devices", about(last) + "\n\n" + devices(last, network))
    put_into(PAGE, f"{name}: check", checks(points, fit.single(last)))
    curves = outlook.curves(network, fit.core_of(last), measured)
    put_into(PAGE, f"{name}: outlook", drawn_out(curves))
    raw = DOCS / "bench" / f"{last[-1]['date']}-distributed.csv"
    with open(raw, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(last)
    drawn = subprocess.run([given.python, "-B", str(HERE / "picture.py"), str(DOCS / "pictures")], text=True,
                           input=json.dumps(curves), check=False)
    if drawn.returncode != 0:
        raise SystemExit(f"bench: the picture was not drawn; {given.python} needs matplotlib (bench/setup)")
    print(f"page: {PAGE}\nrows: {raw}")

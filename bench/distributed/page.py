"""Rows into docs/distributed.md between its marks, the picture, and raw rows in docs/bench."""

import csv
import json
import pathlib
import subprocess

import fit
import model_tables
import outlook
import tables
from summary import put_into

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs"
PAGE = DOCS / "distributed.md"


def write(given, rows):
    groups = rows.groups("run")
    if not groups:
        raise SystemExit(f"bench: there are no rows in {rows.path}")
    (name,), everything = list(groups.items())[-1]
    last = fit.measured(everything)
    network, core, links = fit.network_of(given.bin), fit.core_of(last), fit.links_of(last)
    if core is None or "host" not in links:
        raise SystemExit("bench: the page needs what is measured at `host`, messages and single processes")
    points = fit.check(last, network, links)
    curves = outlook.curves(network, core, links)
    raw = raw_rows(name[:10], rows.columns, everything)
    around = [place for place in links if place != "host"]
    for mark, text in {
            "about": tables.about(everything) + f"\nEvery row: [{raw.name}](bench/{raw.name}).\n",
            "gains": tables.gains(last, points, network, core, curves),
            "host": tables.ranked(last, points, ["host"]),
            "links": tables.links(last),
            "between": tables.ranked(last, points, around),
            "devices": model_tables.devices(last, network),
            "messages": model_tables.messages(links),
            "check": model_tables.checks(points),
            "buckets": tables.buckets(last),
            "outlook": model_tables.drawn_out(curves)}.items():
        put_into(PAGE, f"bench/distributed/run.py: {mark}", text)
    drawn = subprocess.run([given.python, "-B", str(HERE / "picture.py"), str(DOCS / "pictures")], text=True,
                           input=json.dumps(curves), check=False)
    if drawn.returncode != 0:
        raise SystemExit(f"bench: the picture was not drawn; {given.python} needs matplotlib (bench/setup)")
    print(f"page: {PAGE}\nrows: {raw}")


def raw_rows(day, columns, rows):
    """Of this run alone, named by the day on which it began: the page is about no other."""
    for old in (DOCS / "bench").glob("*-distributed.csv"):
        old.unlink()
    raw = DOCS / "bench" / f"{day}-distributed.csv"
    with open(raw, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return raw

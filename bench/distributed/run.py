#!/usr/bin/env python3
"""Measures training by several ranks on this machine, and over links of a limited rate and delay between network
namespaces; fits the cost model to single ranks and to messages, and holds it against the rest."""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

# bench/ has to be on the path first.
# pylint: disable=wrong-import-position
import measure
import namespaces
import page
import rows as rows_of

# Of the links: megabits a second, milliseconds of delay, options of mpirun. The last: Open MPI sends what is large without
# that the other end asks for each piece.
PLACES = {"host": None, "1 Gbit/s": (1000, 0), "100 Mbit/s": (100, 0), "1 Gbit/s, 1 ms": (1000, 1),
          "100 Mbit/s, sent": (100, 0, ("--mca", "btl_tcp_flags", "send,inplace"))}
KEYS = ("kind", "place", "model", "ranks", "batch", "reduce", "wire")
COLUMNS = ("run", "date", "machine", "commit", *KEYS, "turn", "bytes", "messages", "seconds", "all", "processor", "others")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog="See bench/README.md.")
    parser.add_argument("--places", default=",".join(place.replace(", ", "+") for place in PLACES), metavar="PLACE,PLACE",
                        help="default: all")
    parser.add_argument("--turns", type=int, default=3, metavar="N", help="everything so many times, in turn (default: 3)")
    parser.add_argument("--minutes", type=float, default=60,
                        help="after so many nothing is begun any more; the next start goes on (default: 60)")
    parser.add_argument("--again", action="store_true", help="begin a new run; without it the last one is gone on with")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin", metavar="DIR",
                        help="where sateen-train is, built with -DSATEEN_MPI=ON (default: build/release/bin)")
    parser.add_argument("--python", default=str(ROOT / "build/bench/venv/bin/python"), metavar="FILE",
                        help="the Python that has matplotlib (default: build/bench/venv's)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/bench", metavar="DIR",
                        help="where distributed.csv goes (default: build/bench)")
    parser.add_argument("--docs", action="store_true", help="write the tables, the picture and the rows into docs/")
    parser.add_argument("--docs-only", action="store_true", help="the same, and measure nothing")
    given = parser.parse_args()
    given.places = [place.replace("+", ", ") for place in given.places.split(",")]
    if not set(given.places) <= set(PLACES):
        parser.error(f"--places takes {', '.join(place.replace(', ', '+') for place in PLACES)}")
    return given


def tasks_of(place):
    """All that is measured there in a turn."""
    def task(kind, ranks="", batch="", reduce="", wire=""):
        return dict(zip(KEYS, (kind, place, "plain" if batch else "", ranks, batch, reduce, wire)))

    found = [task("messages")] if place == "host" else [task("link"), task("messages")]
    for ranks in (1, 2, 4) if place == "host" else (2, 4):
        # Single ranks with the shares that the ranks have, just before, as the machine may be slower in an hour.
        found += [task("alone", ranks, batch // ranks) for batch in (64, 256)]
        found += [task("train", ranks, batch, "ordered", "float") for batch in (64, 256)]
        if ranks > 1:
            found += [task("train", ranks, 64, "ordered", "half"), task("train", ranks, 64, "allreduce", "float")]
    return found


class Bench:
    def __init__(self, given):
        self.given = given
        self.end = time.monotonic() + 60 * given.minutes
        self.left = 0
        self.rows = rows_of.Rows(given.out / "distributed.csv", COLUMNS)
        runs = list(self.rows.groups("run"))
        name = time.strftime("%Y-%m-%dT%H:%M:%S") if given.again or not runs else runs[-1][0]
        self.facts = {"run": name, "date": rows_of.today(), "machine": rows_of.machine(), "commit": commit_of(given.bin)}
        self.done = {tuple(row[key] for key in ("turn", *KEYS)) for row in self.rows.all if row["run"] == name}

    def turn(self, number):
        for place in self.given.places:
            todo = [task for task in tasks_of(place) if (str(number), *map(str, task.values())) not in self.done]
            if not todo or self.over(len(todo)):
                continue
            if PLACES[place] is None:
                self.each(number, todo, None)
            else:
                with namespaces.Namespaces(4, *PLACES[place]) as net:
                    self.each(number, todo, net)

    def over(self, count):
        """Whether the time is; then so many are left."""
        if time.monotonic() < self.end:
            return False
        self.left += count
        return True

    def each(self, number, todo, net):
        for i, task in enumerate(todo):
            if self.over(len(todo) - i):
                return
            what = " ".join(str(value) for value in task.values() if value != "")
            try:
                found = measure.KINDS[task["kind"]](task, net, self.given.bin, self.given.out / "distributed", 300)
            except (measure.Failed, subprocess.SubprocessError) as error:
                print(f"failed: {what}: {error}", flush=True)
                continue
            for row in found:
                self.rows.add(**self.facts, turn=number, **task, **row)
            print(f"turn {number}: {what}: {1000 * float(found[-1]['seconds']):.3f} ms", flush=True)


def commit_of(binaries):
    """Of the program that is measured, which may be of another tree."""
    version = subprocess.run([binaries / "sateen-train", "--version"], stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, check=False, timeout=60).stdout
    found = re.search(r"^revision +(\w+)(, changed)?", version, re.MULTILINE)
    return found[1] + ("+" if found[2] else "") if found else ""


def prepare(given):
    """The program for messages, and data."""
    if not (given.bin / "sateen-train").exists():
        raise SystemExit(f"bench: there is no sateen-train in {given.bin}; build it with -DSATEEN_MPI=ON, or give --bin")
    if not shutil.which("mpicxx") or not shutil.which("mpirun"):
        raise SystemExit("bench: mpicxx and mpirun are needed; on Debian: apt install libopenmpi-dev openmpi-bin")
    missing = namespaces.requirements()
    if missing and given.places != ["host"]:
        raise SystemExit(f"bench: {missing}; or give --places host")
    work = given.out / "distributed"
    measure.small_data(work)
    built = subprocess.run(["mpicxx", "-std=c++20", "-O2", "-DOMPI_SKIP_MPICXX", HERE / "messages.cpp", "-o",
                            work / "messages"], check=False, timeout=300)
    if built.returncode != 0:
        raise SystemExit("bench: messages.cpp was not compiled")


def main():
    given = parse()
    namespaces.stop_as_by_ctrl_c()
    if not given.docs_only:
        prepare(given)
        bench = Bench(given)
        for number in range(1, given.turns + 1):
            bench.turn(number)
        if bench.left:
            print(f"time is over: {bench.left} are left; the same command goes on with them")
    if given.docs or given.docs_only:
        page.write(given, rows_of.Rows(given.out / "distributed.csv", COLUMNS))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)

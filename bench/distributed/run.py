#!/usr/bin/env python3
"""Measures training by several ranks on this machine, and over links of a limited rate and delay between network
namespaces; fits the cost model to single ranks and to messages, and holds it against the rest."""

import argparse
import pathlib
import platform
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
import fit
import measure
import namespaces
import others
import page
import rows as rows_of
import tables
from tasks import KEYS, PLACES, rotated, tasks_of

FACTS = ("machine", "commit", "bench", "system", "setting")  # what all rows of a run have in common
COLUMNS = ("run", "date", *FACTS, "delay", *KEYS, "turn", "bytes", "messages", "seconds", "all", "processor", "others", "relay",
           "failure")
PATIENCE = 300  # seconds that one start of a program may take


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog="See bench/README.md.")
    parser.add_argument("--places", default=",".join(place.replace(", ", "+") for place in PLACES), metavar="PLACE,PLACE",
                        help="default: all")
    parser.add_argument("--turns", type=int, default=3, metavar="N", help="everything so many times, in turn (default: 3)")
    parser.add_argument("--tries", type=int, default=3, metavar="N",
                        help="of a task while others keep a tenth of a processor busy; the quietest counts (default: 3)")
    parser.add_argument("--minutes", type=float, default=34,
                        help="after so many nothing is begun any more; the next start goes on (default: 34)")
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
    given.out = given.out.resolve()
    return given


class Bench:
    def __init__(self, given):
        self.given = given
        self.end = time.monotonic() + 60 * given.minutes
        self.left = self.failed = 0
        self.buckets = " ".join(str(bucket.bytes) for bucket in fit.network_of(given.bin).buckets())
        self.rows = rows_of.Rows(given.out / "distributed.csv", COLUMNS)
        self.facts = self.facts_of_run()
        self.done = {key_of(row["turn"], row) for row in fit.measured(self.rows.all) if row["run"] == self.facts["run"]}

    def facts_of_run(self):
        """Of a new one, or of the last where it is gone on with: which has to be of the same programs and machine."""
        facts = dict(zip(FACTS, (rows_of.machine(), commit_of(self.given.bin), rows_of.commit(ROOT), system(),
                                 measure.SETTING)))
        runs = list(self.rows.groups("run").items())
        if self.given.again or not runs:
            return {"run": time.strftime("%Y-%m-%dT%H:%M:%S"), **facts}
        (name,), rows = runs[-1]
        for key in FACTS:
            if rows[0][key] != facts[key]:
                raise SystemExit(f"bench: the last run has the {key} {rows[0][key]!r} and not {facts[key]!r}; --again begins a "
                                 "new one")
        return {"run": name, **facts}

    def turn(self, number):
        for place in rotated(self.given.places, number):
            todo = [task for task in tasks_of(place, number) if key_of(number, task) not in self.done]
            if not todo or self.over(len(todo)):
                continue
            if PLACES[place] is None:
                self.each(number, todo, None)
                continue
            about = {**todo[0], **dict.fromkeys(KEYS, ""), "kind": "link", "place": place}
            try:
                with namespaces.Namespaces(4, *PLACES[place]) as net:
                    self.add(number, about, measure.links(net), net)
                    print(f"turn {number}: link {place}: as asked", flush=True)
                    self.each(number, todo, net)
            except (namespaces.Failed, subprocess.SubprocessError, OSError, ValueError) as error:
                self.fails(number, about, error)

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
            begin = time.monotonic()
            try:
                found = self.quietest(task, net)
            except Exception as error:  # pylint: disable=broad-exception-caught # whatever it is, the rest goes on
                self.fails(number, task, error)
                continue
            self.add(number, task, found, net)
            print(f"turn {number}: {words(task)}: {1000 * float(found[-1]['seconds']):.3f} ms; others "
                  f"{found[-1]['others']}, took {time.monotonic() - begin:.1f} s", flush=True)

    def quietest(self, task, net):
        """Its rows while others were least busy."""
        best = None
        for _ in range(self.given.tries):
            found = measure.measure({**task, "buckets": self.buckets}, net, self.given.bin, self.given.out / "distributed",
                                    PATIENCE)
            if best is None or float(found[0]["others"]) < float(best[0]["others"]):
                best = found
            if float(best[0]["others"]) <= tables.BUSY or self.over(0):
                break
        return best

    def add(self, number, task, found, net):
        self.rows.extend([{**self.facts, "date": rows_of.today(), "delay": net.delayed_by if net else "", "turn": number,
                           **task, **row} for row in found])

    def fails(self, number, task, error):
        self.failed += 1
        kind = type(error).__name__
        why = " ".join((str(error) if kind == "Failed" else f"{kind}: {error}").split())[:300]
        print(f"failed: turn {number}: {words(task)}: {why}", flush=True)
        self.add(number, task, [{"failure": why}], None)


def key_of(turn, task):
    """The rows of `buckets` say by themselves how they were added up."""
    return (str(turn), *(str(task[key]) for key in KEYS if (key, task["kind"]) != ("reduce", "buckets")))


def words(task):
    return " ".join(str(task[key]) for key in KEYS if task[key] != "")


def system():
    """What messages go through."""
    mpi = subprocess.run(["mpirun", "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                         timeout=60).stdout
    found = re.search(r"\(Open MPI\) (\S+)", mpi)
    return f"Open MPI {found[1] if found else 'of an unknown version'}, Linux {platform.release()}"


def commit_of(binaries):
    """Of the program that is measured, which may be of another tree."""
    version = subprocess.run([binaries / "sateen-train", "--version"], stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, check=False, timeout=60).stdout
    found = re.search(r"^revision +(\w+)(, changed)?", version, re.MULTILINE)
    return found[1] + ("+" if found[2] else "") if found else ""


def prepare(given):
    """The programs for messages."""
    if not (given.bin / "sateen-train").exists():
        raise SystemExit(f"bench: there is no sateen-train in {given.bin}; build it with -DSATEEN_MPI=ON, or give --bin")
    if not shutil.which("mpicxx") or not shutil.which("mpirun"):
        raise SystemExit("bench: mpicxx and mpirun are needed; on Debian: apt install libopenmpi-dev openmpi-bin")
    missing = namespaces.requirements()
    if missing and given.places != ["host"]:
        raise SystemExit(f"bench: {missing}; or give --places host")
    work = given.out / "distributed"
    work.mkdir(parents=True, exist_ok=True)
    for name in ("messages", "buckets"):
        built = subprocess.run(["mpicxx", "-std=c++20", "-O2", "-DOMPI_SKIP_MPICXX", HERE / f"{name}.cpp", "-o", work / name],
                               check=False, timeout=300)
        if built.returncode != 0:
            raise SystemExit(f"bench: {name}.cpp was not compiled")


def main():
    given = parse()
    namespaces.stop_as_by_ctrl_c()
    failed = 0
    if not given.docs_only:
        prepare(given)
        others.adopt()
        bench = Bench(given)
        for number in range(1, given.turns + 1):
            bench.turn(number)
        failed = bench.failed
        if bench.left:
            print(f"time is over: {bench.left} are left; the same command goes on with them")
    if given.docs or given.docs_only:
        page.write(given, rows_of.Rows(given.out / "distributed.csv", COLUMNS))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

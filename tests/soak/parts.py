"""The parts of scripts/soak: what each runs, where its rows are, and how much is enough."""

import csv
import sys
from typing import Callable, NamedTuple

from rows import GOOD, ROOT

PLACE = ROOT / "build/soak"
# Executions of each fuzzer.
FUZZERS = {"container": 100_000_000, "model": 20_000_000, "idx": 20_000_000, "image": 20_000_000, "config": 20_000_000,
           "cache_entry": 20_000_000}


def outcomes(rows):
    return sum(row["outcome"] != GOOD for row in rows)


class Part(NamedTuple):
    name: str
    what: str
    target: int
    command: Callable  # of the minutes that it has
    done: Callable  # of the rows, in the target's unit
    bad: Callable = outcomes
    path: object = None
    mine: Callable = lambda row: True  # where other parts have rows in the same file
    version: str = "version"  # the column

    def file(self):
        return self.path or PLACE / f"{self.name}.csv"

    def rows(self):
        if not self.file().exists():
            return []
        with open(self.file(), newline="", encoding="utf-8") as file:
            return [row for row in csv.DictReader(file) if self.mine(row)]


def total(column):
    return lambda rows: sum(int(row[column]) for row in rows)


def own(name, what, target, words, done):
    """A script of this folder, with rows of rows.py."""
    def command(minutes):
        return [sys.executable, "-B", str(ROOT / "tests/soak" / words[0]), *words[1:], "--rows", str(PLACE / f"{name}.csv"),
                "--target", str(target), "--minutes", f"{minutes:.2f}"]
    return Part(name, what, target, command, done)


def fuzzer(target, executions):
    def command(minutes):
        return [sys.executable, "-B", str(ROOT / "tests/fuzz/run.py"), "--fuzzers", str(ROOT / "build/fuzz/bin"), "--out",
                str(PLACE / "fuzz"), "--target", target, "--executions", str(executions), "--minutes", f"{minutes:.2f}"]
    return Part(f"fuzz-{target}", "executions of a fuzzer", executions, command, total("executions"), total("findings"),
                PLACE / "fuzz/rows.csv", lambda row: row["target"] == target, "revision")


PARTS = (
    own("flips", "damaged models and checkpoints, every cut and every bit, refused", 1, ["flips.py"], len),
    own("resumes", "trainings stopped and resumed, the same bytes", 50, ["resumes.py"],
        lambda rows: sum(row["resumes"] != "0" for row in rows)),
    own("kills-at-times", "SIGKILL at random times", 500, ["kills.py", "--at", "times"], total("kills")),
    own("kills-in-saves", "SIGKILL at every call of a save", 2000, ["kills.py", "--at", "saves"], total("kills")),
    own("cold-starts", "rounds of 16 processes on one empty program cache", 50, ["cold_starts.py"], len),
    *(fuzzer(target, executions) for target, executions in FUZZERS.items()),
)

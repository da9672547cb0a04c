"""The parts of scripts/soak: what each runs, where its rows are, and how much is enough."""

import csv
import sys
from typing import Callable, NamedTuple

from rows import GOOD, ROOT

PLACE = ROOT / "build/soak"
# Executions of each fuzzer.
FUZZERS = {"container": 100_000_000, "model": 1_000_000, "idx": 1_000_000, "image": 1_000_000, "config": 1_000_000,
           "cache_entry": 1_000_000}


def outcomes(rows):
    return sum(row["outcome"] != GOOD for row in rows)


class Part(NamedTuple):
    name: str
    what: str
    target: Callable  # of the rows, in the same unit
    command: Callable  # of the minutes that it has
    done: Callable  # of the rows
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

    def finished(self):
        rows = self.rows()
        return self.done(rows) >= self.target(rows)


def total(column):
    return lambda rows: sum(int(row[column]) for row in rows)


def own(name, what, target, words, done):
    """A script with rows of rows.py."""
    return Part(name, what, lambda rows: target, with_rows(name, words, target), done)


def with_rows(name, words, target):
    def command(minutes):
        return [sys.executable, "-B", str(ROOT / "tests" / words[0]), *words[1:], "--rows", str(PLACE / f"{name}.csv"),
                "--target", str(target), "--minutes", f"{minutes:.2f}"]
    return command


def faults(kind, what):
    """Every one: each row says how many its series has."""
    def target(rows):
        return sum({(row["scenario"], row["action"], row["calls"]): int(row["of"]) for row in rows}.values()) or 1
    name = f"faults-{kind}"
    return Part(name, what, target, with_rows(name, ["faults/every.py", "--kind", kind], 0), len)


def fuzzer(target, executions):
    def command(minutes):
        return [sys.executable, "-B", str(ROOT / "tests/fuzz/run.py"), "--fuzzers", str(ROOT / "build/fuzz/bin"), "--out",
                str(PLACE / "fuzz"), "--target", target, "--executions", str(executions), "--minutes", f"{minutes:.2f}"]
    return Part(f"fuzz-{target}", "executions of a fuzzer", lambda rows: executions, command, total("executions"), total("findings"),
                PLACE / "fuzz/rows.csv", lambda row: row["target"] == target, "revision")


PARTS = (
    own("flips", "damaged models and checkpoints, every cut and every bit, refused", 1, ["soak/flips.py"],
        total("refused"))._replace(target=lambda rows: total("refused")(rows) or 1),
    own("resumes", "trainings stopped and resumed, the same bytes", 50, ["soak/resumes.py"],
        lambda rows: sum(row["resumes"] != "0" for row in rows)),
    own("kills-at-times", "SIGKILL at random times", 500, ["soak/kills.py", "--at", "times"], total("kills")),
    own("kills-in-saves", "SIGKILL at every call of a save", 2000, ["soak/kills.py", "--at", "saves"], total("kills")),
    own("cold-starts", "rounds of 16 processes on one empty program cache", 50, ["soak/cold_starts.py"], len),
    faults("system", "a system call of a save or a read fails, each once"),
    faults("memory", "an allocation fails, each once"),
    faults("opencl", "an OpenCL call fails, each once"),
    *(fuzzer(target, executions) for target, executions in FUZZERS.items()),
)

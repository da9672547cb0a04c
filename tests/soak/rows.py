"""The rows of a long test: a CSV file that a second start goes on with, a target and a limit of time."""

import argparse
import csv
import datetime
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = "ok"


def version():
    """The commit, and a plus where the tree differs from it."""
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], stdout=subprocess.PIPE, encoding="utf-8", check=False)
    changed = subprocess.run([*git, "status", "--porcelain"], stdout=subprocess.PIPE, encoding="utf-8", check=False)
    return (commit.stdout.strip() or "unknown") + ("+" if changed.stdout.strip() else "")


class Rows:
    """One row for each test that was done. `outcome` is `ok`, or what was wrong."""

    def __init__(self, path, columns):
        self.columns = ["date", "version", *columns, "outcome", "seconds"]
        self.version = version()
        self.path = pathlib.Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = []
        if self.path.exists():
            self._read()
        else:
            self.path.write_text(",".join(self.columns) + "\n", encoding="utf-8")

    def _read(self):
        with open(self.path, newline="", encoding="utf-8") as file:
            text = file.read()
        whole = text[:text.rfind("\n") + 1]  # a row that was being written when the test was stopped is done again
        if whole != text:
            self.path.write_text(whole, encoding="utf-8")
        read = csv.DictReader(whole.splitlines())
        if read.fieldnames != self.columns:
            raise SystemExit(f"{self.path} has other columns; move it away to begin anew")
        self.rows = list(read)

    def add(self, **row):
        row = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "version": self.version, **row}
        row["outcome"] = " ".join(str(row["outcome"]).split())[:1000]
        self.rows.append({name: str(row[name]) for name in self.columns})
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self.columns, lineterminator="\n").writerow(self.rows[-1])

    def bad(self):
        return [row for row in self.rows if row["outcome"] != GOOD]

    def total(self, column):
        return sum(int(row[column]) for row in self.rows)


class Limit:
    """Whether there is time for more."""

    def __init__(self, minutes):
        self.end = time.monotonic() + 60 * minutes

    def over(self):
        return time.monotonic() >= self.end


def parser(purpose, target, minutes=60.0):
    """The options that every long test has."""
    options = argparse.ArgumentParser(description=purpose.split("\n", 1)[0])
    options.add_argument("--rows", required=True, metavar="FILE", help="the CSV file, gone on with where it is there")
    options.add_argument("--target", type=int, default=target, help="how many to do in all")
    options.add_argument("--minutes", type=float, default=minutes, help="when to stop (default: %(default)s)")
    return options


def finish(rows, done, target):
    """The last line, and the exit code: 1 where a row is bad. A target that is not reached is no failure."""
    bad = rows.bad()
    for row in bad[:5]:
        print(f"bad: {row}", file=sys.stderr)
    print(f"{rows.path}: {done} of {target}, {len(bad)} bad")
    return 1 if bad else 0

"""The parts of scripts/soak one after the other, each in its share of the time, and a table of what was done.
    python3 -B soak.py [--minutes N] [--only WORD] [--again]
Rows are in build/soak; a part that has reached its target is left as it is. Exit code 1 where a row is bad."""

import argparse
import csv
import datetime
import os
import pathlib
import platform
import re
import subprocess
import sys
import time
from typing import Callable, NamedTuple

from rows import GOOD, ROOT

PLACE = ROOT / "build/soak"
HERE = pathlib.Path(__file__).resolve().parent
SUMMARY = PLACE / "summary.md"


class Part(NamedTuple):
    name: str
    what: str
    target: int
    command: tuple  # gets --rows, --target and --minutes
    done: Callable  # of the rows


def total(column):
    return lambda rows: sum(int(row[column]) for row in rows)


def script(name, *arguments):
    return (sys.executable, "-B", str(HERE / name), *arguments)


PARTS = (
    Part("flips", "damaged checkpoints and models refused: every cut, every bit", 1, script("flips.py"), len),
    Part("resumes", "trainings stopped and resumed, the same bytes", 50, script("resumes.py"),
         lambda rows: sum(row["resumes"] != "0" for row in rows)),
    Part("kills-at-times", "SIGKILL at random times", 500, script("kills.py", "--at", "times"), total("kills")),
    Part("kills-in-saves", "SIGKILL at every call of a save", 2000, script("kills.py", "--at", "saves"), total("kills")),
    Part("cold-starts", "rounds of 16 processes on one empty program cache", 50, script("cold_starts.py"), len),
)


def read(part):
    path = PLACE / f"{part.name}.csv"
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run(part, minutes):
    """The part's exit code; a part that does not end in time is ended, and its rows remain."""
    print(f"\n-- {part.name}: {part.what}; at most {minutes:.0f} minutes", flush=True)
    command = [*part.command, "--rows", str(PLACE / f"{part.name}.csv"), "--target", str(part.target), "--minutes", f"{minutes:.2f}"]
    try:
        # What it has begun it may finish.
        return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60 * minutes + 900, check=False).returncode
    except subprocess.TimeoutExpired:
        return "it did not end"


def first_line(*command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              encoding="utf-8", timeout=60, check=False)
    except OSError:
        return "not there"
    return (done.stdout.splitlines() or ["nothing"])[0]


def machine():
    processor = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    system = re.search(r'^PRETTY_NAME="(.*)"$', pathlib.Path("/etc/os-release").read_text(encoding="utf-8"), re.MULTILINE)
    pocl = first_line("dpkg-query", "-W", "-f", "${Version}", "pocl-opencl-icd")
    return "; ".join((f"{processor[1] if processor else platform.machine()}, {os.cpu_count()} processors",
                      f"{system[1] if system else 'Linux'}, kernel {platform.release()}", first_line("g++", "--version"),
                      f"PoCL {pocl}"))


def summary(failures):
    lines = [f"Made {datetime.date.today().isoformat()} on: {machine()}.", "",
             "| part | what | done | target | bad | dates | versions |", "|---|---|---|---|---|---|---|"]
    for part in PARTS:
        rows = read(part)
        bad = sum(row["outcome"] != GOOD for row in rows)
        dates = sorted({row["date"][:10] for row in rows})
        versions = list(dict.fromkeys(row["version"] for row in rows))
        lines.append(f"| {part.name} | {part.what} | {part.done(rows)} | {part.target} | {bad} | {' to '.join(dates[:1] + dates[1:][-1:])} "
                     f"| {', '.join(versions)} |")
    lines += ["", *(f"{name} failed: {reason}" for name, reason in failures.items())]
    return "\n".join(lines).rstrip() + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--minutes", type=float, default=120, help="for all parts together (default: %(default)s)")
    options.add_argument("--only", metavar="WORD", default="", help="parts with this in their name alone")
    options.add_argument("--again", action="store_true", help="begin those parts anew; their rows so far are kept as .old")
    arguments = options.parse_args()
    end = time.monotonic() + 60 * arguments.minutes
    chosen = [part for part in PARTS if arguments.only in part.name]
    if not chosen:
        options.error(f"no part has {arguments.only!r} in its name: {', '.join(part.name for part in PARTS)}")
    PLACE.mkdir(parents=True, exist_ok=True)
    for part in chosen:
        rows = PLACE / f"{part.name}.csv"
        if arguments.again and rows.exists():
            rows.replace(rows.with_suffix(".csv.old"))
    left = [part for part in chosen if part.done(read(part)) < part.target]
    failures = {}
    while left:
        part = left.pop(0)
        minutes = max(0.0, (end - time.monotonic()) / 60) / (len(left) + 1)
        code = run(part, minutes)
        if code != 0:
            failures[part.name] = f"exit code {code}" if isinstance(code, int) else code
    text = summary(failures)
    SUMMARY.write_text(text, encoding="utf-8")
    print(f"\n{text}")
    bad = any(row["outcome"] != GOOD for part in chosen for row in read(part))
    return 1 if bad or failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""The parts of scripts/soak one after the other, each in its share of the time, and a table of what was done.
    python3 -B soak.py [--minutes N] [--only WORD]
A part that has reached its target is left as it is. Exit code 1 where a row is bad or a part failed."""

import argparse
import datetime
import os
import pathlib
import platform
import re
import subprocess
import sys
import time

from parts import PARTS, PLACE

SUMMARY = PLACE / "summary.md"
GRACE = 900  # seconds for what a part has begun


def run(part, minutes):
    """What went wrong, if anything; the rows of a part that does not end in time remain."""
    print(f"\n-- {part.name}: {part.what}; at most {minutes:.0f} minutes", flush=True)
    try:
        code = subprocess.run(part.command(minutes), stdin=subprocess.DEVNULL, timeout=60 * minutes + GRACE, check=False).returncode
    except subprocess.TimeoutExpired:
        return "it did not end in time"
    return f"exit code {code}" if code else ""


def first_line(*command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              encoding="utf-8", timeout=60, check=False)
    except OSError:
        return "not there"
    return (done.stdout.splitlines() or ["nothing"])[0]


def found(pattern, path, otherwise):
    match = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else otherwise


def machine():
    return "; ".join((
        f"{found(r'^model name.*: (.*)$', '/proc/cpuinfo', platform.machine())}, {os.cpu_count()} processors",
        f"{found(r'^PRETTY_NAME=.(.*).$', '/etc/os-release', 'Linux')}, kernel {platform.release().split('-')[0]}",
        first_line("g++", "--version"), first_line("clang++-14", "--version"),
        f"PoCL {first_line('dpkg-query', '-W', '-f', '${Version}', 'pocl-opencl-icd')}"))


def line(part):
    rows = part.rows()
    dates = sorted({row["date"][:10] for row in rows})
    return (f"| {part.name} | {part.what} | {part.done(rows):,} | {part.target(rows):,} | {part.bad(rows)} "
            f"| {' to '.join(dict.fromkeys(dates[:1] + dates[-1:]))} "
            f"| {', '.join(dict.fromkeys(row[part.version] for row in rows))} |")


def summary(failures):
    return "\n".join([f"Of {datetime.date.today().isoformat()}, on: {machine()}.", "",
                      "| part | what | done | target | bad | dates | versions |", "|---|---|---|---|---|---|---|",
                      *map(line, PARTS), "", *(f"{name} failed: {reason}" for name, reason in failures.items())]).rstrip() + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--minutes", type=float, default=120, help="for all parts together (default: %(default)s)")
    options.add_argument("--only", metavar="WORD", default="", help="parts with this in their name alone")
    options.add_argument("--parse-only", action="store_true", help="look at the options and end")
    arguments = options.parse_args()
    if not any(arguments.only in part.name for part in PARTS):
        options.error(f"--only {arguments.only}: the parts are " + ", ".join(part.name for part in PARTS))
    if arguments.parse_only:
        return 0
    end = time.monotonic() + 60 * arguments.minutes
    chosen = [part for part in PARTS if arguments.only in part.name]
    if not chosen:
        options.error(f"no part has {arguments.only!r} in its name: {', '.join(part.name for part in PARTS)}")
    PLACE.mkdir(parents=True, exist_ok=True)
    left = [part for part in chosen if not part.finished()]
    failures = {}
    while left and time.monotonic() < end:
        part = left.pop(0)
        reason = run(part, (end - time.monotonic()) / 60 / (len(left) + 1))
        if reason:
            failures[part.name] = reason
    text = summary(failures)
    SUMMARY.write_text(text, encoding="utf-8")
    print(f"\n{text}")
    return 1 if failures or any(part.bad(part.rows()) for part in chosen) else 0


if __name__ == "__main__":
    sys.exit(main())

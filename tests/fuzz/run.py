#!/usr/bin/env python3
"""Runs fuzzers for long, in slices: each appends a row to OUT/rows.csv, so that executions add up over several starts.

    tests/fuzz/run.py --fuzzers build/fuzz/bin --target container --executions 100000000

The fuzzers are built before (`cmake --preset fuzz && cmake --build --preset fuzz`, or the preset sanitize). OUT keeps the
corpus of each target, and the inputs of what was found in OUT/found. The exit code is 1 where something was found.
"""

import argparse
import csv
import datetime
import pathlib
import re
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
LENGTHS = {"container": 1024, "model": 6144, "idx": 512, "image": 1024, "config": 512, "cache_entry": 512}
COLUMNS = ["date", "target", "flavour", "executions", "seconds", "executions_per_second", "passed_share",
           "accepted_share", "findings", "revision"]
FOUND = ("crash-", "timeout-", "oom-", "leak-")
# A target that fails at once would go on to fail at each start.
MOST_FAILED_SLICES = 3
MOST_IN_A_SLICE = 10 ** 9  # libFuzzer takes an int


def revision():
    """Of the sources, with a + where they were changed."""
    try:
        words = ["git", "-C", str(HERE), "describe", "--always", "--dirty=+", "--exclude=*"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


class Fuzzer:
    """One target's program, with its corpus and its rows."""

    def __init__(self, target, options):
        self.target = target
        self.options = options
        self.program = options.fuzzers / f"fuzz-{target}"
        self.corpus = options.out / "corpus" / target
        self.seeds = options.out / "seeds" / target
        self.found = options.out / "found"
        self.rows = options.out / "rows.csv"
        for folder in (self.corpus, self.found, self.seeds.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.flavour = self.ask_flavour()

    def ask_flavour(self):
        said = subprocess.run([self.program, "-runs=0"], capture_output=True, text=True, errors="replace", check=False)
        row = re.search(rf"^fuzz row: {self.target},(\w+),", said.stderr, re.MULTILINE)
        if row is None:
            sys.exit(f"{self.program}: doesn't answer as a fuzzer of {self.target} does")
        return row.group(1)

    def done(self):
        """Executions of this target and flavour in all rows."""
        if not self.rows.exists():
            return 0
        with open(self.rows, newline="", encoding="utf-8") as file:
            return sum(int(row["executions"]) for row in csv.DictReader(file)
                       if (row["target"], row["flavour"]) == (self.target, self.flavour))

    def findings(self):
        return {path for path in self.found.glob(f"{self.target}-*")
                if path.name[len(self.target) + 1:].startswith(FOUND)}

    def slice(self, seconds, executions):
        """Runs once and appends the row; returns how many mistakes were found."""
        before = self.findings()
        words = [str(self.program), f"--seeds={self.seeds}", f"-runs={executions}", f"-max_total_time={seconds}",
                 f"-max_len={LENGTHS[self.target]}", "-timeout=20", "-rss_limit_mb=2048", "-entropic=1",
                 "-entropic_scale_per_exec_time=1", "-print_final_stats=1", "-verbosity=0",
                 f"-artifact_prefix={self.found}/{self.target}-", str(self.corpus), str(self.seeds)]
        regressions = HERE / "corpus" / self.target
        if regressions.is_dir():
            words.append(str(regressions))
        start = time.monotonic()
        ended = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
        took = time.monotonic() - start
        counted = re.search(r"^fuzz row: \w+,\w+,(\d+),(\d+),(\d+)$", ended.stderr, re.MULTILINE)
        total = re.search(r"^stat::number_of_executed_units: *(\d+)$", ended.stderr, re.MULTILINE)
        findings = self.findings() - before
        count = int(counted.group(1) if counted else total.group(1) if total else 0)
        shares = [f"{int(counted.group(i)) / max(count, 1):.4f}" for i in (2, 3)] if counted else ["", ""]
        failed = len(findings) or (0 if ended.returncode == 0 else 1)
        self.append([datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), self.target,
                     self.flavour, count, f"{took:.1f}", f"{count / took:.0f}", *shares, failed, revision()])
        if failed:
            (self.found / f"{self.target}.log").write_text(ended.stderr, encoding="utf-8")
            print(f"{self.target}: found something; {self.found}/{self.target}.log says what", flush=True)
        return failed

    def append(self, row):
        fresh = not self.rows.exists()
        with open(self.rows, "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if fresh:
                writer.writerow(COLUMNS)
            writer.writerow(row)
        print(",".join(map(str, row)), flush=True)

    def run(self, deadline):
        """Until the executions asked for are there, or the time is over; how many slices found something."""
        failed = 0
        while failed < MOST_FAILED_SLICES:
            left = self.options.executions - self.done() if self.options.executions else MOST_IN_A_SLICE
            seconds = min(self.options.slice_seconds, int(deadline - time.monotonic()))
            if left <= 0 or seconds < 1:
                break
            failed += 1 if self.slice(seconds, min(left, MOST_IN_A_SLICE)) else 0
        print(f"{self.target}: {self.done():,} executions in all", flush=True)
        return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fuzzers", type=pathlib.Path, required=True, metavar="DIR", help="where the fuzzers are")
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent.parent / "build/soak/fuzz", metavar="DIR",
                        help="where rows, corpora and findings go (default: build/soak/fuzz)")
    parser.add_argument("--target", action="append", choices=LENGTHS, help="may be repeated (default: all, in turn)")
    parser.add_argument("--executions", type=int, default=0, metavar="N", help="of each target, earlier rows included")
    parser.add_argument("--minutes", type=float, default=0, metavar="X", help="of each target, from this start on")
    parser.add_argument("--slice-seconds", type=int, default=60, metavar="N", help="a row each (default: 60)")
    options = parser.parse_args()
    if not options.executions and not options.minutes:
        parser.error("say how long: --executions or --minutes")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = 0
    for target in options.target or LENGTHS:
        seconds = options.minutes * 60 if options.minutes else 10 ** 9
        failed += Fuzzer(target, options).run(time.monotonic() + seconds)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

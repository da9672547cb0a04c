"""Trainings stopped and resumed, held against one that was never stopped, byte for byte.
    python3 -B resumes.py --rows FILE [--target CASES] [--minutes N]
Stops are signals and SIGKILL at random times and at the ends of epochs, up to four in a row; the networks, batch sizes (with
a last batch that is not full), shares held out and ways of saving vary; every fourth case is on OpenCL."""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import NamedTuple

from rows import GOOD, Limit, Rows, finish, parser
from training import Bad, Place, expect_code, harness, results

TARGET = 50
IMAGES = 600
EPOCHS = 5
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")
WENT_ON = re.compile("goes on (after|in) epoch ([0-9]+)")
SAVES = ((), ("--save-interval", "0.00001"), ("--save-every", "2"))


class Stop(NamedTuple):
    """A signal, after a share of the training's work or, where there is an epoch, when that one has ended."""
    signal: str
    share: float
    epoch: int

    def __str__(self):
        return f"{self.signal}@{f'epoch {self.epoch}' if self.epoch else format(self.share, '.2f')}"


class Case(NamedTuple):
    backend: str
    settings: tuple
    stops: tuple


def case(number):
    chosen = random.Random(number)
    settings = ("--model", chosen.choice(("plain", "dropout")), "--batch-size", chosen.choice(("24", "64", "100")),
                "--val-split", chosen.choice(("0", "0.2", "0.35")), "--seed", str(chosen.randint(0, 3)),
                *chosen.choice(SAVES))
    stops = tuple(Stop(chosen.choice(SIGNALS), chosen.random(), chosen.choice((0, 0, 0, 1, 2, 3, 4)))
                  for _ in range(chosen.randint(1, 4)))
    return Case("cpu" if number % 4 else "opencl", settings, stops)


def ended_before(said):
    """Epochs that had ended where a run went on, or -1."""
    went_on = WENT_ON.search(said)
    return int(went_on[2]) - (went_on[1] == "in") if went_on else -1


def heed_signals():
    """Whoever runs in the background was begun with some of them ignored, and a training keeps that."""
    for name in SIGNALS:
        if name != "SIGKILL":
            signal.signal(signal.Signals[name], signal.SIG_DFL)


def worked(process):
    """The processor's seconds so far: on a busy machine those of the clock say little."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Resumes:
    def __init__(self, place):
        self.place = place
        self.references = {}

    def start(self, backend, out, *arguments):
        environment = harness.environment()
        if backend == "opencl":
            cache = os.environ.get("SATEEN_CACHE_DIR", str(self.place.folder / "cache"))
            environment = harness.driver_environment(SATEEN_CACHE_DIR=cache)
        return subprocess.Popen(
            harness.command("sateen-train", "--backend", backend, "--data", self.place.data, "--out", out, *arguments),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
            env=environment, preexec_fn=heed_signals)

    @staticmethod
    def read_until(process, beginning, said):
        """Up to the line that begins so; False where there is none."""
        for line in process.stderr:
            said.append(line)
            if line.startswith(beginning):
                return True
        return False

    @staticmethod
    def finish(process, said):
        said.extend(process.stderr)
        return subprocess.CompletedProcess(process.args, process.wait(timeout=240), "", "".join(said))

    def reference(self, backend, settings):
        """What a training that is not stopped leaves, and how many seconds it works after it has begun."""
        key = (backend, settings)
        if key not in self.references:
            out = self.place.folder / "reference"
            for _ in range(2 if backend == "opencl" else 1):  # so that programs have been built
                shutil.rmtree(out, ignore_errors=True)
                said = []
                with self.start(backend, out, "--epochs", EPOCHS, *settings) as process:
                    self.read_until(process, "training", said)
                    begun = worked(process)
                    said.extend(process.stderr)
                    seconds = worked(process) - begun
                    expect_code(self.finish(process, said), 0, "the reference")
            self.references[key] = results(out), seconds
        return self.references[key]

    def stop(self, process, stop, seconds, said):
        """Stops the training as the stop says; whether it was stopped before it ended."""
        begun = self.read_until(process, "training", said)
        if begun and stop.epoch:
            self.read_until(process, f"epoch {stop.epoch}/", said)
        elif begun:
            begin = worked(process)
            while process.poll() is None and worked(process) - begin < stop.share * seconds:
                time.sleep(0.002)
        number = signal.Signals[stop.signal]
        process.send_signal(number)
        done = self.finish(process, said)
        if done.returncode == 0:
            return False
        expect_code(done, -number if number == signal.SIGKILL else 128 + number, f"a run with {stop}")
        return True

    def do(self, chosen, out):
        """Raises Bad where something is wrong; gives how many times the training was resumed."""
        expected, seconds = self.reference(chosen.backend, chosen.settings)
        arguments, resumed, saved = ("--epochs", EPOCHS, *chosen.settings), 0, 0
        for stop in (*chosen.stops, None):
            said = []
            with self.start(chosen.backend, out, *arguments) as process:
                watchdog = threading.Timer(200, process.kill)
                watchdog.start()
                try:
                    stopped = stop is not None and self.stop(process, stop, seconds, said)
                    if stop is None:
                        expect_code(self.finish(process, said), 0, "the last run")
                finally:
                    watchdog.cancel()
            if "--resume" in arguments and any(line.startswith("training") for line in said):
                resumed += 1
                self.expect_went_on("".join(said), saved)
            if not stopped:
                break
            arguments, saved = self.after(stop, out, chosen.settings, "".join(said))
        self.expect_same(out, expected, "in the end")
        with self.start(chosen.backend, out, "--resume") as process:
            expect_code(self.finish(process, []), 0, "a resume of what has ended")
        self.expect_same(out, expected, "after a resume of what has ended")
        return resumed

    @staticmethod
    def after(stop, out, settings, said):
        """How to go on after a stop, and after which epoch at least: signals lose nothing."""
        if not (out / "last.sateen").exists():
            return ("--overwrite", "--epochs", EPOCHS, *settings), 0
        ended = len(re.findall("^epoch ", said, re.MULTILINE)) + max(ended_before(said), 0)
        saves = [setting for pair in zip(settings, settings[1:]) if pair[0].startswith("--save") for setting in pair]
        return ("--resume", *saves), 0 if stop.signal == "SIGKILL" else ended

    @staticmethod
    def expect_went_on(said, saved):
        if ended_before(said) < saved:
            raise Bad(f"{saved} epochs had ended, and it says: {said[-400:]}")

    @staticmethod
    def expect_same(out, expected, when):
        found = results(out)
        for name, content in expected.items():
            if found[name] != content:
                raise Bad(f"{name} {when} differs from that of a run that was not stopped")


def main():
    arguments = parser(__doc__, TARGET).parse_args()
    limit = Limit(arguments.minutes)
    rows = Rows(arguments.rows, ["case", "backend", "settings", "stops", "resumes"])
    with Place(IMAGES) as place:
        resumes = Resumes(place)
        while resumed_cases(rows) < arguments.target and not limit.over():
            number = len(rows.rows) + 1
            rows.add(**row(resumes, number, case(number)))
    return finish(rows, resumed_cases(rows), arguments.target)


def row(resumes, number, chosen):
    out = resumes.place.folder / f"case-{number}"
    begun, outcome, resumed = time.monotonic(), GOOD, 0
    try:
        resumed = resumes.do(chosen, out)
        shutil.rmtree(out)
    except Bad as error:
        outcome = error
    return {"case": number, "backend": chosen.backend, "settings": " ".join(chosen.settings),
            "stops": " ".join(map(str, chosen.stops)), "resumes": resumed, "outcome": outcome,
            "seconds": f"{time.monotonic() - begun:.2f}"}


def resumed_cases(rows):
    """A training that ended before its stop came shows nothing."""
    return sum(row["resumes"] != "0" or row["outcome"] != GOOD for row in rows.rows)


if __name__ == "__main__":
    sys.exit(main())

"""A training that is killed again and again, resumed each time, and has to end as if nothing had happened."""

import re
import subprocess
import time
from typing import NamedTuple

from training import SHIMS, Bad, expect_code, harness, results

EVERY_STEP = ("--save-interval", "0.00001")
# Short ones: starting the process takes longer than the training.
VARIANTS = {
    "one": ("--epochs", "1", "--batch-size", "10"),
    "epochs": ("--epochs", "3", "--batch-size", "10"),
    "steps": ("--epochs", "2", "--batch-size", "10", *EVERY_STEP),
    "plain": ("--model", "plain", "--epochs", "2", "--batch-size", "7", "--val-split", "0", *EVERY_STEP),
}
FILES = ("best.sateen", "last.sateen", "previous.sateen", "history.csv")
KILLED = -9
WENT_ON = re.compile("goes on (after|in) epoch|the run has ended before")


class Stop(NamedTuple):
    """Where the process dies: `kill` before call n of its saves, `kill-after`, or `time`: n milliseconds after the start."""
    how: str
    n: int

    def __str__(self):
        return f"{self.how}:{self.n}"


def name_of(call, out):
    """`rename last.sateen` of a line of the shim: the call, and the file without folder and random digits."""
    _, _, kind, path = call.split(" ", 3)
    return f"{kind} {'the folder' if path == str(out) else re.sub('-[0-9a-f]{8}[.]tmp$', '-*', path.rsplit('/', 1)[-1])}"


class Training:
    """One variant: its reference, which is never stopped, and how many calls its saves make."""

    def __init__(self, place, name):
        self.place = place
        self.settings = VARIANTS[name]
        self.picture = place.folder / "picture.png"
        if not self.picture.exists():
            harness.write_png(self.picture, harness.picture(3, 3), harness.SIDE, harness.SIDE)
        out = place.folder / f"reference-{name}"
        begun = time.monotonic()
        done, calls = self.start(out)
        self.seconds = time.monotonic() - begun
        expect_code(done, 0, "the reference")
        self.reference = results(out)
        out = place.folder / f"counted-{name}"
        done, calls = self.start(out, Stop("count", 0))
        expect_code(done, 0, "the run whose calls are counted")
        self.calls = [name_of(call, out) for call in calls if call.startswith("call ")]

    def start(self, out, stop=None):
        """Begins the training, or goes on with it, up to the stop; gives the result, and the shim's lines."""
        log = out.with_suffix(".log")
        log.unlink(missing_ok=True)
        arguments = ["--data", self.place.data, "--out", out, *self.settings]
        if self.has_checkpoint(out):
            arguments.append("--resume")
        elif out.exists():
            arguments.append("--overwrite")
        changes = {}
        if stop and stop.how != "time":
            changes = {"LD_PRELOAD": str(SHIMS / "faulty_system.so"), "SHIM_SYSTEM": f"{stop.how}:save:{stop.n}",
                       "SHIM_PATH": str(out), "SHIM_LOG": str(log), "SHIM_TRACE": "1"}
        env = harness.environment(**changes)
        if stop and stop.how == "time":
            return self.start_for(stop.n / 1000, arguments, env), []
        done = harness.run("sateen-train", *arguments, env=env)
        if done.returncode == 0 and "--resume" in arguments and not WENT_ON.search(done.stderr):
            raise Bad(f"it does not say from where it went on: {done.stderr[-400:]}")
        return done, log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []

    @staticmethod
    def start_for(seconds, arguments, env):
        with subprocess.Popen(harness.command("sateen-train", *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, encoding="utf-8", errors="replace", env=env) as process:
            try:
                _, errors = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                _, errors = process.communicate()
            return subprocess.CompletedProcess(process.args, process.returncode, "", errors)

    @staticmethod
    def has_checkpoint(out):
        return (out / "last.sateen").exists()

    def cycle(self, out, stops, points):
        """Raises Bad where something is wrong; adds the names of the calls at which the process died to the points."""
        had_checkpoint = False
        for stop in stops:
            done, calls = self.start(out, stop)
            if done.returncode != KILLED:
                expect_code(done, 0, f"a run that ended before {stop}")
                break
            points.append(name_of(calls[-1], out) if calls else str(stop))
            self.expect_readable(out)
            if had_checkpoint and not self.has_checkpoint(out):
                raise Bad("the checkpoint is gone")
            had_checkpoint = self.has_checkpoint(out)
        done, _ = self.start(out)
        expect_code(done, 0, "the last run")
        self.expect_reference(out)

    def expect_readable(self, out):
        """Every file that has a model's name is whole."""
        for file in sorted(out.glob("*.sateen")):
            done = harness.run("sateen-predict", "-m", file, self.picture)
            expect_code(done, 0, f"{file.name} after the kill")

    def expect_reference(self, out):
        found = results(out)
        for name, content in self.reference.items():
            if found[name] != content:
                raise Bad(f"{name} differs from that of a run that was not stopped")
        left = sorted(path.name for path in out.iterdir() if path.name not in FILES)
        if left:
            raise Bad(f"left over: {', '.join(left)}")

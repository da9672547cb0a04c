"""What the fault tests share: scenarios, the runs in which one call of them fails, and how each run is judged.

A run is right when its exit code is the documented one, with exactly one error line (none where the call that failed is
of no consequence), when every file in the folder is byte for byte one that a run without faults has there, before or
at some time after one of its renames, when nothing is left lying about, and nothing leaked. The codes: 5 for a write
that fails, 3 for a read, 4 for memory and for OpenCL."""

import os
import pathlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
from harness import SANITIZED, SIDE  # noqa: E402

SHIMS = pathlib.Path(os.environ.get("SATEEN_TEST_SHIMS", ""))
IMAGES, HELD_OUT, BATCH = 100, 20, 8  # ten batches an epoch
MODELS = ("best.sateen", "last.sateen", "previous.sateen")
LIMIT = 120 if SANITIZED else 30  # seconds, for what takes a part of one

# Each of the first three trains one epoch: into a new folder, over an earlier run, on from an earlier run. load classifies
# a picture, cold the same with no cache of compiled programs, info shows a checkpoint.
TRAININGS = ("train", "overwrite", "resume")
LOADS = ("load", "cold", "info")


@dataclass(frozen=True)
class Fault:
    """Call n of a scenario fails. kind: "system", "memory" or "opencl"; action: as the shim of that kind has it;
    calls: which are counted, for "system"."""
    kind: str
    scenario: str
    action: str
    calls: str
    n: int


@dataclass
class Outcome:
    fault: Fault
    code: int
    verdict: str  # "right", or what is wrong
    seconds: float
    stderr: str


class Bench:
    """A folder with data, an earlier run, a model and a picture; runs scenarios there, with a fault or without."""

    def __init__(self, folder, backend="cpu"):
        self.folder, self.backend = pathlib.Path(folder), backend
        self.data, self.earlier, self.out = (self.folder / name for name in ("data", "earlier", "out"))
        self.model, self.picture = self.folder / "load" / "model.sateen", self.folder / "load" / "picture.png"
        self.log, self.cold = self.folder / "shim.log", self.folder / "cold"
        self.names = {}  # (kind, scenario, calls): the names of the calls of a run without faults
        self.known = {}  # scenario: {file name: its contents in runs without faults}
        self.end = {}  # scenario: {file name: its content after such a run}
        harness.write_data(self.data, IMAGES)
        self.model.parent.mkdir()
        self._done(self._train("--out", self.earlier, "--seed", 1, "--epochs", 2, "--batch-size", BATCH,
                               "--val-split", str(HELD_OUT / IMAGES)))
        shutil.copy(self.earlier / MODELS[1], self.model)
        harness.write_png(self.picture, harness.picture(3, 3), SIDE, SIDE)
        self.shown = {scenario: self._done(self._scenario(scenario)).stdout for scenario in LOADS}

    def calls(self, kind, scenario, calls=""):
        """The names of the calls that a run without faults makes; memory's have none."""
        key = kind, scenario, calls
        if key not in self.names:
            self._done(self._scenario(scenario, self._environment(kind, f"count:{calls}", SHIM_TRACE="1")))
            self.names[key] = ([""] * self._noted("allocations") if kind == "memory" else
                               [line.split()[2] for line in self._log_lines() if line.startswith("call ")])
        return self.names[key]

    def run(self, fault):
        """Runs the scenario with the fault, and judges it."""
        self._learn(fault)
        counted = f"{fault.calls}:" if fault.kind == "system" else ""
        start = time.monotonic()
        try:
            env = self._environment(fault.kind, f"{fault.action}:{counted}{fault.n}")
            result = self._scenario(fault.scenario, env)
        except subprocess.TimeoutExpired as stuck:
            text = (stuck.stderr or b"").decode(errors="replace")
            return Outcome(fault, -1, f"still running after {LIMIT} s", time.monotonic() - start, text)
        seconds = time.monotonic() - start
        wrong = self._judge(fault, result)
        return Outcome(fault, result.returncode, "; ".join(wrong) or "right", seconds, result.stderr)

    def _learn(self, fault):
        """What the judgement goes by, from runs without faults."""
        if fault.kind == "system":
            self.calls(fault.kind, fault.scenario, fault.calls)
        if fault.scenario in TRAININGS and fault.scenario not in self.known:
            self.known[fault.scenario] = self._contents(fault.scenario)

    def _train(self, *arguments, env=None):
        return self._run("sateen-train", "--backend", self.backend, "--data", self.data, *arguments, env=env)

    def _run(self, program, *arguments, env=None):
        return subprocess.run(
            harness.command(program, *arguments), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=LIMIT, encoding="utf-8", errors="surrogateescape", check=False,
            env=env or self._environment())

    def _scenario(self, scenario, env=None):
        self.log.unlink(missing_ok=True)
        if scenario in LOADS:
            if scenario == "info":
                return self._run("sateen-info", self.model, env=env)
            if scenario == "cold":
                shutil.rmtree(self.cold, ignore_errors=True)
                env = {**(env or self._environment()), "SATEEN_CACHE_DIR": str(self.cold)}
            return self._run("sateen-predict", "--backend", self.backend, "-m", self.model, self.picture, env=env)
        shutil.rmtree(self.out, ignore_errors=True)
        if scenario != "train":
            shutil.copytree(self.earlier, self.out)
        if scenario == "resume":
            return self._train("--resume", self.out, "--epochs", 3, env=env)
        more = ["--overwrite"] if scenario == "overwrite" else []
        return self._train("--out", self.out, "--seed", 2, "--epochs", 1, "--batch-size", BATCH, "--val-split",
                           str(HELD_OUT / IMAGES), *more, env=env)

    def _environment(self, kind=None, action="", **changes):
        """With the shim of that kind, and one that tells what was not deleted."""
        changes |= {"SHIM_LOG": str(self.log), "SHIM_PATH": f"{self.out}:{self.model.parent}"}
        if self.backend == "opencl":
            changes |= {"SATEEN_CACHE_DIR": os.environ.get("SATEEN_CACHE_DIR", str(self.folder / "cache"))}
        if kind:
            changes |= {f"SHIM_{kind.upper()}": action}
            names = {f"faulty_{kind}"} if SANITIZED else {f"faulty_{kind}", "faulty_memory"}
            changes["LD_PRELOAD"] = ":".join(str(SHIMS / f"{name}.so") for name in sorted(names))
            changes.setdefault("SHIM_MEMORY", "count")
        return harness.driver_environment(**changes) if self.backend == "opencl" else harness.environment(**changes)

    def _log_lines(self):
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    def _noted(self, word):
        """The number that a shim wrote after this word, or 0."""
        return next((int(line.split()[1]) for line in self._log_lines() if line.split()[0] == word), 0)

    @staticmethod
    def _done(result):
        if result.returncode != 0:
            raise RuntimeError(f"without a fault it ended with {result.returncode}: {result.stderr}")
        return result

    def _files(self):
        """What is in the folder, None for what is not."""
        return {name: path.read_bytes() if (path := self.out / name).exists() else None for name in MODELS}

    def _contents(self, scenario):
        """What each file holds before a run, and after each of its renames and removals; None is no file."""
        known = {name: set() for name in MODELS}
        for n in range(len(self.calls("system", scenario, "rename,unlink,link")) + 1):
            action = f"kill-after:rename,unlink,link:{n}" if n else "kill:mkdir,look,open:1"
            self._scenario(scenario, self._environment("system", action))
            for name, content in self._files().items():
                known[name].add(content)
        self._done(self._scenario(scenario))
        self.end[scenario] = self._files()
        return known

    def _judge(self, fault, result):
        wrong = []
        failed = {"system": 3 if fault.calls == "load" else 5, "memory": 4, "opencl": 4}[fault.kind]
        errors = len(harness.ProgramTest.error_lines(result))
        if result.returncode < 0:
            wrong.append(f"died by signal {-result.returncode}")
        elif result.returncode not in (0, failed):
            wrong.append(f"exit code {result.returncode} instead of {failed}")
        if errors != (result.returncode != 0):
            wrong.append(f"{errors} error lines")
        if fault.kind == "memory" and result.returncode == failed and "memory" not in result.stderr:
            wrong.append("no word of memory")
        if result.returncode != 0 and "\ndone" in result.stderr:
            wrong.append("claims to be done")
        wrong += self._judge_load(fault, result) if fault.scenario in LOADS else self._judge_files(fault, result)
        # Boost's options hold one block by a bare pointer while they are made.
        started = result.stderr.count("\n") > 1
        if self._noted("leaked") > (0 if started or fault.kind != "memory" else 1):
            wrong.append(f"leaked: {self._noted('leaked')}")
        if self._noted("objects") != 0:
            wrong.append(f"objects: {self._noted('objects')}")
        return wrong

    def _judge_load(self, fault, result):
        complete = result.stdout == self.shown[fault.scenario]
        return [] if complete == (result.returncode == 0) and (complete or not result.stdout) else ["half a result"]

    def _judge_files(self, fault, result):
        wrong = []
        for name, content in self._files().items():
            if content not in self.known[fault.scenario][name]:
                wrong.append(f"{name} is none that a run without faults has")
            elif result.returncode == 0 and content != self.end[fault.scenario][name]:
                wrong.append(f"{name} is an earlier one after success")
        history = self.out / "history.csv"
        if history.exists() and not history.read_bytes().endswith(b"\n"):
            wrong.append("half a line in history.csv")
        if left := self._left():
            # Only what could not be removed may be left, and the next run removes it.
            if fault.action != "fail-from" and not self._is_removal(fault):
                wrong.append(f"left over: {', '.join(left)}")
            self._train("--out", self.out, "--overwrite", "--epochs", 1)
            if left := self._left():
                wrong.append(f"left over by the next run: {', '.join(left)}")
        return wrong

    def _left(self):
        known = {*MODELS, "history.csv"}
        return sorted(path.name for path in self.out.iterdir() if path.name not in known) if self.out.exists() else []

    def _is_removal(self, fault):
        """Whether the call that failed was to remove something."""
        return fault.kind == "system" and self.calls("system", fault.scenario, fault.calls)[fault.n - 1] == "unlink"

"""What the fault tests share: scenarios, the runs in which one call of them fails, and how each run is judged.

A run is right when its exit code is the documented one, with exactly one error line (none where the call that failed is
of no consequence), when every model file in the folder is byte for byte the earlier one or the complete new one, when
nothing is left lying about, and nothing leaked. The codes: 5 for a write that fails, 3 for a read, 4 for memory and for
OpenCL."""

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
MODELS = ("best.sateen", "last.sateen")
LIMIT = 120 if SANITIZED else 30  # seconds, for what takes a part of one


@dataclass(frozen=True)
class Fault:
    """One call that fails: of which kind ("system", "memory", "opencl"), in which scenario, how, and which one."""
    kind: str
    scenario: str
    action: str
    n: int


@dataclass
class Outcome:
    fault: Fault
    code: int
    verdict: str  # "right", or what is wrong
    seconds: float
    stderr: str

    @property
    def right(self):
        return self.verdict == "right"


def write_data(folder):
    """As few images as make ten batches."""
    folder.mkdir()
    labels = [i % 10 for i in range(IMAGES)]
    pictures = [harness.picture(label, i) for i, label in enumerate(labels)]
    (folder / "train-images-idx3-ubyte").write_bytes(harness.idx_images(pictures))
    (folder / "train-labels-idx1-ubyte").write_bytes(harness.idx_labels(labels))


class Bench:
    """A folder with data, an earlier training, a model and a picture; runs scenarios there, with a fault or without."""

    def __init__(self, folder, backend="cpu"):
        self.folder, self.backend = pathlib.Path(folder), backend
        self.data, self.earlier, self.new = (self.folder / name for name in ("data", "earlier", "new"))
        self.model, self.picture = self.folder / "load" / "model.sateen", self.folder / "load" / "picture.png"
        self.out, self.log = self.folder / "out", self.folder / "shim.log"
        write_data(self.data)
        for name in ("load", "driver"):
            (self.folder / name).mkdir()
        for out, seed in ((self.earlier, 1), (self.new, 2)):
            self._expect_done(self._train(out, seed))
        shutil.copy(self.new / MODELS[0], self.model)
        harness.write_png(self.picture, harness.picture(3, 3), SIDE, SIDE)
        self.classified = self._expect_done(self._predict()).stdout

    def calls(self, kind, scenario, kinds="save"):
        """How many calls of this kind a run without faults makes."""
        outcome = self._scenario(scenario, self._environment(kind, f"count:{kinds}" if kind == "system" else "count"))
        self._expect_done(outcome)
        return self._noted({"system": "total", "memory": "allocations", "opencl": "calls"}[kind])

    def run(self, fault, kinds="save"):
        """Runs the scenario with the fault, and judges it."""
        action = f"{fault.action}:{kinds}:{fault.n}" if fault.kind == "system" else f"{fault.action}:{fault.n}"
        start = time.monotonic()
        try:
            result = self._scenario(fault.scenario, self._environment(fault.kind, action))
        except subprocess.TimeoutExpired as stuck:
            text = (stuck.stderr or b"").decode(errors="replace")
            return Outcome(fault, -1, f"still running after {LIMIT} s", time.monotonic() - start, text)
        seconds = time.monotonic() - start
        wrong = self._judge(fault, kinds, result)
        return Outcome(fault, result.returncode, "; ".join(wrong) or "right", seconds, result.stderr)

    def _train(self, out, seed, env=None):
        return self._run("sateen-train", "--data", self.data, "--out", out, "--epochs", 1, "--batch-size", BATCH,
                         "--val-split", str(HELD_OUT / IMAGES), "--seed", seed, env=env)

    def _predict(self, env=None):
        return self._run("sateen-predict", "-m", self.model, self.picture, env=env)

    def _run(self, program, *arguments, env=None):
        return subprocess.run(
            harness.command(program, "--backend", self.backend, *arguments), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=LIMIT, encoding="utf-8", errors="surrogateescape", check=False,
            env=env or self._environment())

    def _scenario(self, scenario, env):
        self.log.unlink(missing_ok=True)
        if scenario == "load":
            return self._predict(env)
        shutil.rmtree(self.out, ignore_errors=True)
        if scenario == "save":  # over an earlier run's files
            shutil.copytree(self.earlier, self.out)
        return self._train(self.out, 2, env)

    def _environment(self, kind=None, action=""):
        """Caches of the bench; the shim of that kind, and one that tells what was not deleted."""
        changes = {"SHIM_LOG": str(self.log), "SHIM_PATH": f"{self.out}:{self.model.parent}"}
        if self.backend == "opencl":
            changes |= {"SATEEN_CACHE_DIR": str(self.folder / "cache"), "POCL_CACHE_DIR": str(self.folder / "driver")}
        if kind:
            changes |= {f"SHIM_{kind.upper()}": action}
            names = {f"faulty_{kind}"} if SANITIZED else {f"faulty_{kind}", "faulty_memory"}
            changes["LD_PRELOAD"] = ":".join(str(SHIMS / f"{name}.so") for name in sorted(names))
            changes.setdefault("SHIM_MEMORY", "count")
        return harness.driver_environment(**changes) if self.backend == "opencl" else harness.environment(**changes)

    def _noted(self, word):
        """The number that a shim wrote after this word, or 0."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return next((int(line.split()[1]) for line in lines if line.split()[0] == word), 0)

    @staticmethod
    def _expect_done(result):
        if result.returncode != 0:
            raise RuntimeError(f"without a fault it ended with {result.returncode}: {result.stderr}")
        return result

    def _judge(self, fault, kinds, result):
        wrong = []
        failed = {"system": 3 if kinds == "load" else 5, "memory": 4, "opencl": 4}[fault.kind]
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
        wrong += self._judge_load(result) if fault.scenario == "load" else self._judge_files(fault, result)
        for word in ("leaked", "objects"):
            if self._noted(word) != 0:
                wrong.append(f"{word}: {self._noted(word)}")
        return wrong

    def _judge_load(self, result):
        complete = result.stdout == self.classified
        return [] if complete == (result.returncode == 0) and (complete or not result.stdout) else ["half a result"]

    def _judge_files(self, fault, result):
        wrong = []
        for name in MODELS:
            path = self.out / name
            found = path.read_bytes() if path.exists() else None
            old = (self.earlier / name).read_bytes() if fault.scenario == "save" else None
            if found != old and found != (self.new / name).read_bytes():
                wrong.append(f"{name} is neither the old nor the new one")
            elif result.returncode == 0 and found == old:
                wrong.append(f"{name} is the old one after success")
        history = self.out / "history.csv"
        if history.exists() and history.read_bytes() and not history.read_bytes().endswith(b"\n"):
            wrong.append("half a line in history.csv")
        known = {path.name for folder in (self.new, self.earlier) for path in folder.iterdir()}
        left = sorted(path.name for path in self.out.iterdir() if path.name not in known) if self.out.exists() else []
        if left:
            wrong.append(f"left over: {', '.join(left)}")
        return wrong

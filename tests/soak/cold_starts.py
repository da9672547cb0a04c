"""Sixteen processes at once on one empty cache of OpenCL programs, again and again.
    python3 -B cold_starts.py --rows FILE [--target ROUNDS] [--minutes N]
PoCL's own cache is emptied too. Every process has to succeed with the same answer and without a warning, and leave a cache
from which a following start builds nothing."""

import concurrent.futures
import shutil
import sys
import time

from rows import GOOD, Limit, Rows, finish, parser
from training import SHIMS, Bad, Place, expect_code, harness

PROCESSES = 16
ROUNDS = 50
TRAINING_EVERY = 10  # the other rounds predict, which compiles less


class ColdStarts:
    def __init__(self, place):
        self.place = place
        self.model = place.folder / "model"
        made = harness.run("sateen-train", "--data", place.data, "--out", self.model, "--epochs", 1)
        expect_code(made, 0, "the model")
        self.picture = place.folder / "picture.png"
        harness.write_png(self.picture, harness.picture(3, 3), harness.SIDE, harness.SIDE)
        self.cache = place.folder / "cache"
        self.driver = place.folder / "driver"
        self.outputs = place.folder / "outputs"

    def empty(self, *folders):
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()

    def environment(self, **changes):
        return harness.driver_environment(SATEEN_CACHE_DIR=str(self.cache), POCL_CACHE_DIR=str(self.driver), **changes)

    def predict(self, _number, env):
        done = harness.run("sateen-predict", "--backend", "opencl", "-m", self.model / "best.sateen", self.picture, env=env,
                           timeout=900)
        return done, done.stdout

    def train(self, number, env):
        out = self.outputs / str(number)
        done = harness.run("sateen-train", "--backend", "opencl", "--data", self.place.data, "--out", out, "--epochs", 1,
                           "--batch-size", 10, env=env, timeout=900)
        model = out / "best.sateen"
        return done, model.read_bytes() if model.exists() else b""

    def round(self, start):
        """Raises Bad where something is wrong; gives the number of cache entries."""
        self.empty(self.cache, self.driver, self.outputs)
        env = self.environment()
        with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
            done = list(pool.map(lambda number: start(number, env), range(PROCESSES)))
        for result, answer in done:
            self.expect_good(result)
            if answer != done[0][1]:
                raise Bad("two processes gave different answers")
        entries = list((self.cache / "opencl").iterdir())
        left = [entry.name for entry in entries if entry.suffix != ".program"]
        if left or not entries:
            raise Bad(f"the cache holds {left or 'nothing'}")
        self.expect_warm(start, done[0][1], len(entries))
        return len(entries)

    @staticmethod
    def expect_good(result):
        expect_code(result, 0, "a start")
        # The small data are not Fashion-MNIST, which a training says.
        warnings = [line for line in result.stderr.splitlines() if "warning" in line and "not the real Fashion-MNIST" not in line]
        if warnings:
            raise Bad(f"a warning: {warnings[0]}")

    def expect_warm(self, start, answer, entries):
        log = self.place.folder / "log"
        log.unlink(missing_ok=True)
        self.empty(self.driver)
        result, again = start(PROCESSES, self.environment(LD_PRELOAD=str(SHIMS / "faulty_driver.so"), SHIM_LOG=str(log)))
        self.expect_good(result)
        made = log.read_text(encoding="ascii").splitlines()
        if made != ["binary"] * entries or again != answer:
            raise Bad(f"a following start: {made.count('source')} built, {made.count('binary')} loaded of {entries}")


def main():
    arguments = parser(__doc__, ROUNDS).parse_args()
    limit = Limit(arguments.minutes)
    rows = Rows(arguments.rows, ["round", "processes", "what", "entries"])
    with Place(100) as place:
        tests = ColdStarts(place)
        while len(rows.rows) < arguments.target and not limit.over():
            number = len(rows.rows) + 1
            start = tests.train if number % TRAINING_EVERY == 0 else tests.predict
            begun, outcome, entries = time.monotonic(), GOOD, 0
            try:
                entries = tests.round(start)
            except Bad as error:
                outcome = error
            rows.add(round=number, processes=PROCESSES, what=start.__name__, entries=entries, outcome=outcome,
                     seconds=f"{time.monotonic() - begun:.1f}")
    return finish(rows, len(rows.rows), arguments.target)


if __name__ == "__main__":
    sys.exit(main())

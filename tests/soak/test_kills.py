"""A run of one epoch killed at every call of its saves; some chains of kills, and kills at random times."""

import concurrent.futures
import itertools
import os
import unittest

import kills
from crash import Stop, Training
from rows import GOOD
from training import Place, harness

CHAINS = 6
STEP = 7 if harness.SANITIZED else 1


class Kills(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.place = cls.enterClassContext(Place(kills.IMAGES))

    def expect_good(self, trainings, cases):
        with concurrent.futures.ThreadPoolExecutor(kills.WORKERS) as pool:
            rows = list(pool.map(lambda case: kills.do(self.place, trainings, *case), enumerate(cases)))
        self.assertEqual([f"{row['point']}: {row['outcome']}" for row in rows if row["outcome"] != GOOD], [])
        return rows

    def test_at_every_call_of_a_save(self):
        training = Training(self.place, "one")
        rows = self.expect_good({"one": training},
                                [("one", (Stop("kill", n),)) for n in range(1, len(training.calls) + 1, STEP)])
        self.assertEqual([row["point"] for row in rows], training.calls[::STEP])

    def test_chains_and_random_times(self):
        trainings = {"steps": Training(self.place, "steps")}
        cases = [kills.chain(trainings, number) for number in range(CHAINS)]
        cases += itertools.islice(kills.time_cases(trainings), CHAINS)
        self.expect_good(trainings, cases)

    def test_a_row_of_the_history_that_was_cut(self):
        training = Training(self.place, "epochs")
        appended = [n for n, call in enumerate(training.calls, 1) if call == "write history.csv"]
        for lost in (1, 3, 40, 1000):
            out = self.place.folder / f"cut-{lost}"
            training.start(out, Stop("kill-after", appended[1]))
            size = (out / "history.csv").stat().st_size
            os.truncate(out / "history.csv", max(0, size - lost))
            training.cycle(out, (), [])


if __name__ == "__main__":
    unittest.main()

"""What the quick fault tests share: a bench, and faults of which each must go right. every.py tries all of them."""

import pathlib
import shutil
import tempfile
import unittest

from faults import Bench, Fault


def spread(numbers, count):
    """At most so many of them, evenly, with the first and the last."""
    numbers = list(numbers)
    if len(numbers) <= count:
        return numbers
    return [numbers[i * (len(numbers) - 1) // (count - 1)] for i in range(count)]


class FaultTest(unittest.TestCase):
    KIND, BACKEND = "", "cpu"

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sateen-faults-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.bench = Bench(folder, cls.BACKEND)

    def numbers(self, scenario, calls=""):
        """Of the calls that a run without faults makes, from 1, with their names."""
        found = dict(enumerate(self.bench.calls(self.KIND, scenario, calls), 1))
        self.assertNotEqual(found, {})
        return found

    def fail_at(self, scenario, action, chosen, calls=""):
        """One run for each of these calls; returns the exit codes."""
        outcomes = [self.bench.run(Fault(self.KIND, scenario, action, calls, n)) for n in chosen]
        wrong = [outcome for outcome in outcomes if outcome.verdict != "right"]
        self.assertEqual([(o.fault, o.code, o.verdict) for o in wrong], [], wrong[0].stderr if wrong else "")
        return {outcome.code for outcome in outcomes}

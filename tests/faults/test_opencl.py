"""OpenCL calls of the backend's own that fail."""

import unittest

from faults import harness
from quick import FaultTest, spread


class OpenCL(FaultTest):
    KIND, BACKEND = "opencl", "opencl"

    @classmethod
    def setUpClass(cls):
        if reason := harness.missing_device("opencl"):
            raise unittest.SkipTest(reason)
        super().setUpClass()

    def test_a_call_fails(self):
        for scenario, count in (("load", 25), ("overwrite", 25), ("resume", 15)):
            with self.subTest(scenario=scenario):
                chosen = spread(self.numbers(scenario), count)
                self.assertIn(4, self.fail_at(scenario, "fail", chosen))

    def test_each_function_fails_once(self):
        names = self.numbers("overwrite")
        last = {name: n for n, name in names.items()}
        self.assertGreater(len(last), 20)
        self.fail_at("overwrite", "fail", sorted(last.values()))

    def test_the_device_is_gone(self):
        self.assertEqual(self.fail_at("overwrite", "fail-from", spread(self.numbers("overwrite"), 6)[:-1]), {4})

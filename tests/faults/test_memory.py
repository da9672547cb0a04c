"""Allocations of the program's own that fail."""

import unittest

from faults import SANITIZED
from quick import FaultTest, spread


@unittest.skipIf(SANITIZED, "AddressSanitizer has the allocations in its hands")
class Memory(FaultTest):
    KIND = "memory"

    def test_an_allocation_fails(self):
        for scenario, count in (("load", 150), ("info", 100), ("overwrite", 50), ("resume", 50)):
            with self.subTest(scenario=scenario):
                self.assertIn(4, self.fail_at(scenario, "fail", spread(self.numbers(scenario), count)))

    def test_no_memory_is_left(self):
        for scenario, count in (("load", 50), ("info", 50), ("overwrite", 20), ("resume", 20)):
            with self.subTest(scenario=scenario):
                self.assertEqual(self.fail_at(scenario, "fail-from", spread(self.numbers(scenario), count)), {4})

"""Several devices in one process: sateen-train --device A,B."""

import os
import pathlib
import re
import shutil
import unittest

import ranks
from harness import ProgramTest, driver_environment, missing_device


class Devices(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alone = cls.folder / "alone"
        result = cls().train_small("alone")
        if result.returncode != 0:
            raise AssertionError(result.stderr)

    def train_small(self, name, *arguments, **options):
        return self.train(name, *ranks.SMALL, *arguments, **options)[1]

    def assert_close(self, name, measure=ranks.apart, bound=2e-5):
        self.assertLess(measure(self.alone / "best.sateen", self.folder / name / "best.sateen"), bound)

    def test_two_devices_train_as_one_does(self):
        for name in ["two", "again"]:
            result = self.train_small(name, "--device", "cpu,cpu")
            self.assert_code(result, 0)
            self.assertIn("ranks     2, one process; gradients added in the order of ranks", result.stderr)
        self.assert_close("two")
        self.assertEqual((self.folder / "two/last.sateen").read_bytes(),
                         (self.folder / "again/last.sateen").read_bytes())

    def test_devices_of_two_backends(self):
        if missing := missing_device("opencl"):
            self.skipTest(missing)
        result = self.train_small("both", "--backend", "auto", "--device", "cpu,opencl:0:0",
                                  env=driver_environment())
        self.assert_code(result, 0)
        self.assert_close("both", ranks.far, 1e-4)

    def test_two_opencl_runtimes_at_once(self):
        files = [pathlib.Path(file) for file in os.environ.get("SATEEN_TEST_ICDS", "").split(":") if file]
        if missing := [str(file) for file in files if not file.exists()] or not files and ["OpenCL"]:
            self.skipTest(f"not installed: {', '.join(missing)}")
        vendors = self.folder / "vendors"
        vendors.mkdir()
        for file in files:
            shutil.copy(file, vendors)
        environment = driver_environment(OCL_ICD_VENDORS=vendors, LD_LIBRARY_PATH=os.environ["SATEEN_TEST_LIBRARIES"])
        result = self.train_small("runtimes", "--backend", "opencl", "--device", "0:0,1:0", env=environment)
        self.assert_code(result, 0)
        for driver in ("Intel(R) OpenCL", "Portable Computing Language"):
            self.assertRegex(result.stderr, rf"\n {{10}}rank [01]: .*{re.escape(driver)}")
        self.assert_close("runtimes", ranks.far, 1e-4)

    def test_steps_in_stages_are_the_same_bytes(self):
        """Gradients that leave layer by layer, and all at the end, on two parts of a CPU."""
        if (missing := missing_device("opencl")) or os.cpu_count() < 2:
            self.skipTest(missing or "one processor has no parts")
        for kib in ["1", "100000"]:
            result = self.train_small(kib, "--backend", "opencl", "--device", "0:0.0,0:0.1", "--bucket-kib", kib,
                                      env=driver_environment(SATEEN_OPENCL_PARTS="2"))
            self.assert_code(result, 0)
        self.assert_close("1", ranks.far, 1e-4)
        self.assertEqual((self.folder / "1/last.sateen").read_bytes(),
                         (self.folder / "100000/last.sateen").read_bytes())

    def test_it_goes_on_with_another_number(self):
        self.assert_code(self.train_small("first", "--device", "cpu,cpu,cpu"), 0)
        result = self.train("first", "--resume", "--epochs", "2", "--device", "cpu,cpu")[1]
        self.assert_code(result, 0)
        self.assertIn("epoch 2/2", result.stderr)
        result = self.train("first", "--resume", "--epochs", "2", "--device", "cpu,cpu")[1]
        self.assert_code(result, 0)  # nothing to do, for any of them

    def test_what_fails_on_one_ends_all(self):
        self.assert_refused(self.train("bad", "--device", "cpu,cpu:7")[1], 4, "rank 1: ", "cpu:7")
        self.assert_refused(self.train("small", "--batch-size", "2", "--device", "cpu,cpu,cpu")[1], 2,
                            "no share for each of 3 ranks")

    def test_wrong_options(self):
        for arguments, words in [
                (["--reduce", "allreduce"], "--reduce is for several ranks"),
                (["--device", "cpu,"], "a device between commas is missing"),
                (["--device", "cpu,cpu", "--wire", "half", "--reduce", "allreduce"], "exclude each other"),
                (["--device", "cpu,cpu", "--wire", "double"], "is not float or half"),
                (["--device", "cpu,cpu", "--slow-rank", "1"], "is not a number above 1")]:
            self.assert_refused(self.train("none", *arguments)[1], 2, words)

    def test_deep_network(self):
        """Batch normalisation goes by each rank's rows, and all ranks agree on the rest."""
        result = self.train("deep", "--model", "deep", "--epochs", "1", "--batch-size", "60", "--device", "cpu,cpu")[1]
        self.assert_code(result, 0)
        self.assertIn("batch normalisation: each rank goes by the mean and variance of its own rows", result.stderr)


if __name__ == "__main__":
    unittest.main()

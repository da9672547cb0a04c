"""Devices that are less than they are (SATEEN_OPENCL_PRETEND): programs work on them, or say what is too much."""

import json

from harness import run
from opencl import OpenCLTest


class Pretend(OpenCLTest):
    DRIVER_CACHE = False

    def pretending(self, words, **changes):
        return self.environment(SATEEN_OPENCL_PRETEND=words, **changes)

    def test_the_device_says_so(self):
        result = run("sateen-info", "--list-devices", "--json", env=self.pretending("small-groups+plain"))
        self.assert_code(result, 0)
        names = [d["name"] for d in json.loads(result.stdout)["devices"] if d["backend"] == "opencl"]
        self.assertTrue(all(name.endswith(" pretending small-groups+plain") for name in names), names)

    def test_an_allocation_above_the_limit(self):
        result = run("sateen-bench", "train", "--backend", "opencl", "--model", "dropout", "--batch-size", "2048", "--images",
                     "2048", "--brief", env=self.pretending("small-allocations"))
        self.assert_refused(result, 4, " MiB in one piece", "grants 128 MiB", "a smaller batch size")
        _, result = self.train_opencl("smaller", "--batch-size", "64", env=self.pretending("small-allocations"))
        self.assert_code(result, 0)
        _, result = self.train_opencl("granted", "--batch-size", "600", "--val-split", "0", env=self.environment())
        self.assert_code(result, 0)

    def test_without_binaries_nothing_is_kept_and_all_works(self):
        cache = self.new_folder("no-binaries")
        models = []
        for name in ("first", "second"):
            out, result = self.train_opencl(name, env=self.pretending("no-binaries", SATEEN_CACHE_DIR=str(cache)))
            self.assert_code(result, 0)
            self.assertNotIn("program", result.stderr)
            models.append((out / "last.sateen").read_bytes())
        self.assertEqual(*models)
        self.assertEqual(list(cache.glob("opencl/*")), [])
        # Nor is one taken that is there from a driver that gives them.
        self.assert_code(self.predict(self.environment()), 0)
        result = self.predict(self.pretending("no-binaries"))
        self.assert_code(result, 0)
        self.assertNotIn("program", result.stderr)

    def test_times_without_the_drivers(self):
        _, result = self.train_opencl("times", "--profile", env=self.pretending("no-profiling"))
        self.assert_code(result, 0)
        self.assertIn("takes no times", result.stderr)
        self.assertRegex(result.stderr, r"(?m)^ +[1-9][0-9]*\.[0-9]+ +[0-9.]+ % +conv3\.backward_weights$")

    def test_the_gemm_library_has_no_part(self):
        _, result = self.train_opencl("gemm", env=self.pretending("small-groups", SATEEN_GEMM="clblast"))
        self.assert_refused(result, 2, "SATEEN_OPENCL_PRETEND", "own or auto")

    def test_a_wrong_word(self):
        _, result = self.train_opencl("word", env=self.pretending("tiny"))
        self.assert_refused(result, 4, '"tiny"', "small-groups")

"""Training on an OpenCL device of the runtime that SATEEN_TEST_ICD names; skipped, by exit code 77, where it is not there."""

import json
import os
import pathlib
import sys

from harness import ProgramTest, driver_environment, run

ICD = pathlib.Path(os.environ["SATEEN_TEST_ICD"])
DRIVER = os.environ["SATEEN_TEST_DRIVER"]
if not ICD.exists():
    reason = pathlib.Path(f"{ICD}.missing")
    print("skipped:", reason.read_text(encoding="utf-8").strip() if reason.exists() else f"there is no {ICD}")
    sys.exit(77)


class OpenCl(ProgramTest):
    def test_only_this_runtime_is_seen(self):
        result = run("sateen-info", "--list-devices", "--json", env=driver_environment())
        self.assert_code(result, 0)
        drivers = [d["driver"] for d in json.loads(result.stdout)["devices"] if d["backend"] == "opencl"]
        self.assertTrue(drivers, result.stdout)
        for driver in drivers:
            self.assertIn(DRIVER, driver)

    def test_same_seed_same_bytes(self):
        models = []
        for name, seed in (("one", "5"), ("two", "5"), ("other", "6")):
            out, result = self.train(name, "--backend", "opencl", "--epochs", "2", "--seed", seed,
                                     env=driver_environment(SATEEN_CACHE_DIR=str(self.folder / "cache")))
            self.assert_code(result, 0)
            self.assertRegex(result.stderr, r"(?m)^device +opencl:0:0, ")
            models.append([(out / file).read_bytes() for file in ("best.sateen", "last.sateen")])
        self.assertEqual(models[0], models[1])
        self.assertNotEqual(models[0], models[2])

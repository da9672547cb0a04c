"""What the tests of the OpenCL backend behind the programs share."""

import os
import pathlib
import unittest

import harness
from harness import ProgramTest, driver_environment, run

SHIMS = pathlib.Path(os.environ.get("SATEEN_TEST_SHIMS", ""))


def lines(path):
    return path.read_text(encoding="ascii").splitlines() if path.exists() else []


class OpenCLTest(ProgramTest):
    # An empty one is a dozen seconds of compiling: for tests of what is compiled when.
    DRIVER_CACHE = True

    @classmethod
    def setUpClass(cls):
        reason = harness.missing_device("opencl")
        if reason:
            raise unittest.SkipTest(reason)
        super().setUpClass()
        cls.cache = cls.folder / "cache"
        out, result = cls.train(cls, "model", "--epochs", "1")
        assert result.returncode == 0, result.stderr
        cls.model = out / "best.sateen"
        cls.picture = cls.folder / "picture.png"
        harness.write_png(cls.picture, harness.picture(3, 3), harness.SIDE, harness.SIDE)

    def environment(self, shim=None, **changes):
        """Caches of the class: ours and, where it is asked for, the driver's own."""
        own = {"SATEEN_CACHE_DIR": str(self.cache)}
        if self.DRIVER_CACHE:
            driver = self.folder / "driver"
            driver.mkdir(exist_ok=True)
            own["POCL_CACHE_DIR"] = str(driver)
        if shim:
            own["LD_PRELOAD"] = str(SHIMS / f"{shim}.so")
        return driver_environment(**{**own, **changes})

    def new_folder(self, name):
        number = 1
        while (folder := self.folder / f"{name}{number}").exists():
            number += 1
        folder.mkdir()
        return folder

    def train_opencl(self, name, *arguments, **options):
        return self.train(name, "--backend", "opencl", "--epochs", "1", *arguments, **options)

    def predict(self, env):
        return run("sateen-predict", "--backend", "opencl", "-m", self.model, self.picture, env=env)

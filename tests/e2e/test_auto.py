"""--backend auto: what it chooses, says and remembers, and what it does where it can't."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import harness
from harness import SIDE, ProgramTest, driver_environment, listed_devices, picture, run, write_png


def device_lines(result):
    return re.findall(r"(?m)^device    .*$", result.stderr)


class Auto(ProgramTest):
    def setUp(self):
        self.cache = self.folder / self.id() / "cache"

    def variables(self, **changes):
        return driver_environment(**{"SATEEN_BACKEND": None, "SATEEN_CACHE_DIR": str(self.cache), **changes})

    def go(self, *arguments, **variables):
        return run("sateen-train", "--overwrite", "--epochs", "1", "--data", self.data, "--out", self.folder / "out", *arguments,
                   env=self.variables(**variables))

    def files(self):
        return sorted(self.cache.glob("auto-*.json")) if self.cache.exists() else []


@unittest.skipIf(len(listed_devices()) < 2 or any(d["type"] == "gpu" for d in listed_devices()),
                 "needs two devices, and no GPU among them: an OpenCL driver for the CPU, such as pocl-opencl-icd")
class TwoDevices(Auto):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.measured = cls.folder / "measured"
        cls.first = run("sateen-train", "--overwrite", "--epochs", "1", "--data", cls.data, "--out", cls.folder / "out",
                        env=driver_environment(SATEEN_BACKEND=None, SATEEN_CACHE_DIR=str(cls.measured)))

    def remember(self, change=None):
        """Gives the test's cache what was measured, with speeds changed from one list to another; returns the file."""
        shutil.copytree(self.measured, self.cache)
        file = self.files()[0]
        if change:
            self.set_speeds(file, change)
        return file

    @staticmethod
    def set_speeds(file, change):
        content = json.loads(file.read_text(encoding="utf-8"))
        content["images_per_second"] = change(len(content["images_per_second"]))
        file.write_text(json.dumps(content), encoding="utf-8")
        return content["measured_on"]["devices"]

    def test_measured_once_then_remembered(self):
        first = self.first
        self.assert_code(first, 0)
        self.assertRegex(first.stderr, r"(?m)^measuring which device trains faster: cpu, opencl:0:0.*; this takes some "
                                       r"seconds, once$")
        line = device_lines(first)
        self.assertEqual(len(line), 1)
        self.assertRegex(line[0], r"^device    (cpu|opencl:\d:\d), .* \(auto: [\d,]+ images/s(, [a-z0-9:]+ [\d,]+)+\)$")
        before = self.remember().read_bytes()
        for _ in range(2):
            again = self.go("--backend", "auto", "--device", "auto")
            self.assert_code(again, 0)
            self.assertNotIn("measuring", again.stderr)
            self.assertEqual(device_lines(again), [line[0][:-1] + "; remembered)"])
        self.assertEqual([file.read_bytes() for file in self.files()], [before])

    def test_what_is_remembered_counts(self):
        file = self.remember()
        for chosen in range(2):
            devices = self.set_speeds(file, lambda n: [5000.0 + 1000 * (i == chosen) for i in range(n)])
            result = self.go()
            self.assert_code(result, 0)
            self.assertIn(f"device    {devices[chosen]['id']}, ", result.stderr)
            self.assertIn("(auto: 6,000 images/s, ", result.stderr)
            self.assertIn(" 5,000; remembered)", result.stderr)
        self.set_speeds(file, lambda n: [5000.0] + [5200.0] * (n - 1))
        self.assertIn("device    cpu, ", self.go().stderr)

    def test_a_damaged_memory_is_replaced(self):
        file = self.remember()
        good = json.loads(file.read_text(encoding="utf-8"))
        for damage in ("{", file.read_text(encoding="utf-8").replace("opencl", "abacus")):
            file.write_text(damage, encoding="utf-8")
            result = self.go()
            self.assert_code(result, 0)
            self.assertIn("measuring", result.stderr)
            self.assertEqual(json.loads(file.read_text(encoding="utf-8"))["measured_on"], good["measured_on"])
        self.assertEqual(self.files(), [file])
        self.assertEqual([path for path in self.cache.iterdir() if path.is_file()], [file])

    def test_without_a_cache(self):
        result = self.go(SATEEN_CACHE_DISABLE="1")
        self.assert_code(result, 0)
        self.assertIn("; this takes some seconds, at each start, since there is no cache folder", result.stderr)
        self.assertFalse(self.cache.exists())

    def test_a_relative_folder(self):
        result = self.go("--backend", "cpu", SATEEN_CACHE_DIR="cache")
        self.assert_code(result, 0)
        self.assertIn("sateen-train: warning: SATEEN_CACHE_DIR is not a full path: cache; nothing is kept",
                      result.stderr)

    def test_a_folder_that_cannot_be_written(self):
        self.cache.parent.mkdir(parents=True)
        self.cache.write_text("a file")
        result = self.go()
        self.assert_code(result, 0)
        self.assertIn("\nsateen-train: warning: the speeds of the devices can't be remembered: " + str(self.cache),
                      result.stderr)
        self.assertEqual(len(device_lines(result)), 1)

    @unittest.skipIf(os.geteuid() != 0, "needs root: a set-user-ID program of somebody else")
    @unittest.skipIf(harness.SANITIZED, "LeakSanitizer can't look into a set-user-ID program")
    def test_set_user_id_programs_keep_nothing(self):
        if closed := harness.closed_to_others():
            self.skipTest(closed)
        program = self.folder / "sateen-train"
        shutil.copy(harness.BIN / "sateen-train", program)
        os.chmod(self.folder, 0o755)
        os.chown(program, 65534, 65534)
        os.chmod(program, 0o4755)
        out = self.folder / "of-nobody"
        out.mkdir()
        os.chown(out, 65534, 65534)
        os.chmod(self.data, 0o755)
        result = subprocess.run([program, "--epochs", "1", "--data", self.data, "--out", out], capture_output=True,
                                text=True, env=self.variables(), timeout=240, check=False)
        if os.statvfs(self.folder).f_flag & os.ST_NOSUID:
            self.skipTest("the folder for temporary files is mounted nosuid")
        self.assert_code(result, 0)
        self.assertNotIn("this takes some seconds, once", result.stderr)
        self.assertFalse(self.cache.exists())

    def test_a_device_that_fails_is_left_out(self):
        kernels = self.folder / "broken-kernels"
        kernels.mkdir(exist_ok=True)
        for file in (pathlib.Path(__file__).parents[2] / "kernels").iterdir():
            (kernels / file.name).write_text("this is no kernel\n", encoding="ascii")
        for _ in range(2):  # such a result is not kept
            result = self.go(SATEEN_KERNEL_DIR=str(kernels))
            self.assert_code(result, 0)
            self.assertRegex(result.stderr, r"(?m)^sateen-train: warning: opencl:0:0 is left out: .*building ")
            self.assertRegex(device_lines(result)[0], r"^device    cpu, .* \(auto: the only one\)$")
            self.assertEqual(self.files(), [])
        # Asked for by name it is an error, never another device.
        result = self.go("--device", "opencl:0:0", SATEEN_KERNEL_DIR=str(kernels))
        self.assert_code(result, 4)
        self.assertIn("opencl:0:0", self.error_lines(result)[0])

    def test_predict_does_not_measure(self):
        file = self.folder / "picture.png"
        write_png(file, picture(1, 1), SIDE, SIDE)
        self.assert_code(self.go("--backend", "cpu"), 0)

        def predict(*arguments):
            return run("sateen-predict", "-m", self.folder / "out" / "best.sateen", *arguments, file,
                       env=self.variables())
        result = predict()
        self.assert_code(result, 0)
        self.assertRegex(result.stderr, r"\Adevice    cpu, [^\n]* \(auto: nothing measured yet, so the first\)\n\Z")
        self.assertEqual(self.files(), [])
        self.remember()
        self.assertEqual(device_lines(predict()), [device_lines(self.first)[0][:-1] + "; remembered)"])

    def test_settings_are_of_one_backend(self):
        self.remember(lambda n: [1.0 + i for i in range(n)])
        result = self.go("--device-option", "threads=1")
        self.assert_refused(result, 2, "opencl:", '"threads"', "auto chose this device", "--backend")
        self.assert_code(self.go("--device-option", "sync=1"), 0)

    def test_names_over_all_backends(self):
        self.assertRegex(device_lines(self.go("--device", "opencl:0:0"))[0], r"^device    opencl:0:0, [^(]*$")
        self.assertRegex(device_lines(self.go(SATEEN_DEVICE="0:0"))[0], r"^device    opencl:0:0, ")
        self.assertRegex(device_lines(self.go("--device", "cpu"))[0], r"^device    cpu, [^(]*$")
        self.assertEqual(self.files(), [])


class Missing(Auto):
    def test_never_another_device(self):
        for arguments, variables in ((("--device", "opencl:77:0"), {}), ((), {"SATEEN_DEVICE": "no such card"}),
                                     (("--backend", "abacus"), {}), ((), {"SATEEN_BACKEND": "abacus"}),
                                     (("--backend", "auto", "--device", "77:0"), {"SATEEN_BACKEND": "cpu"})):
            with self.subTest(arguments=arguments, variables=variables):
                result = self.go(*arguments, **variables)
                self.assert_refused(result, 4, "there ", "; there are: cpu")
        self.assertEqual(self.files(), [])

    def test_option_before_variable(self):
        result = self.go("--backend", "cpu", SATEEN_BACKEND="abacus", SATEEN_DEVICE="")
        self.assert_code(result, 0)
        self.assertRegex(device_lines(result)[0], r"^device    cpu, [^(]*$")


if __name__ == "__main__":
    unittest.main()

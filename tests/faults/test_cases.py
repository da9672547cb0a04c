"""Single cases of a system that is not as usual: little memory, a clock that jumps, another locale, somebody else's
folder, signals at the wrong moment."""

import csv
import os
import resource
import shutil
import subprocess
import unittest

from faults import BATCH, HELD_OUT, IMAGES, SANITIZED, SHIMS, SIDE, harness
from harness import ProgramTest, command, environment, run

NOBODY = 65534
MODELS = ("best.sateen", "last.sateen")
NUMBERS = ("loss", "accuracy", "val_loss", "val_accuracy", "lr")


class Cases(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shutil.rmtree(cls.data)
        harness.write_data(cls.data, IMAGES)
        cls.picture = cls.folder / "picture.png"
        harness.write_png(cls.picture, harness.picture(3, 3), SIDE, SIDE)
        cls.usual, result = cls.small(cls, "usual")
        assert result.returncode == 0, result.stderr

    def small(self, name, env=None, **options):
        return ProgramTest.train(self, name, "--epochs", 2, "--batch-size", BATCH, "--val-split",
                                 str(HELD_OUT / IMAGES), env=env, **options)

    def rows(self, out):
        with open(out / "history.csv", newline="", encoding="ascii") as file:
            return list(csv.DictReader(file))

    def assert_as_usual(self, out):
        for name in MODELS:
            self.assertEqual((out / name).read_bytes(), (self.usual / name).read_bytes(), name)
        for row, usual in zip(self.rows(out), self.rows(self.usual), strict=True):
            self.assertEqual([row[name] for name in NUMBERS], [usual[name] for name in NUMBERS])

    @unittest.skipIf(SANITIZED, "AddressSanitizer takes terabytes of addresses")
    def test_a_limit_on_addresses(self):
        # Not at 12 to 18 MiB, where the initialisers of CLBlast may find no memory while the OpenCL backend is loaded,
        # and end the process.
        codes = []
        for mebibytes in (24, 32, 40, 48, 56, 64, 1024):
            def limit(size=mebibytes << 20):
                resource.setrlimit(resource.RLIMIT_AS, (size, size))
            for result in (run("sateen-predict", "-m", self.usual / MODELS[0], self.picture, preexec_fn=limit),
                           self.small(f"limit-{mebibytes}", preexec_fn=limit)[1]):
                if result.returncode != 0:
                    self.assert_refused(result, 4)
                codes.append(result.returncode)
        self.assertEqual(codes[-2:], [0, 0])
        self.assertIn(4, codes)

    def test_a_clock_that_jumps(self):
        out, result = self.small("clock", environment(LD_PRELOAD=str(SHIMS / "restless_clock.so")))
        self.assert_code(result, 0)
        self.assert_as_usual(out)
        for row in self.rows(out):
            self.assertTrue(0 < float(row["seconds"]) < 100, row)

    @unittest.skipIf(shutil.which("localedef") is None, "needs localedef, to make a locale")
    def test_a_host_with_commas_in_numbers(self):
        locales = self.folder / "locales"
        locales.mkdir()
        made = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", locales / "de_DE.UTF-8"], capture_output=True,
                              text=True, check=False)
        if not (locales / "de_DE.UTF-8/LC_NUMERIC").exists():
            self.skipTest(f"there is no source of the locale: {made.stderr}")
        env = environment(LC_ALL="de_DE.UTF-8", LOCPATH=str(locales), LD_PRELOAD=str(SHIMS / "host_locale.so"))
        out, result = self.small("locale", env)
        self.assert_code(result, 0)
        self.assert_as_usual(out)
        self.assertRegex(result.stderr, r"(?m)^epoch 2/2  loss \d+\.\d{4}  acc [01]\.\d{4}  ")
        arguments = ("-m", self.usual / MODELS[0], "--format", "json", self.picture)
        self.assertEqual(run("sateen-predict", *arguments, env=env).stdout, run("sateen-predict", *arguments).stdout)

    @unittest.skipIf(os.geteuid() != 0, "needs root, to run as another user")
    def test_a_folder_of_somebody_elses(self):
        def become_nobody():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        try:
            subprocess.run(command("sateen-train", "--version"), capture_output=True, check=True,
                           preexec_fn=become_nobody)
        except (OSError, subprocess.SubprocessError) as error:
            self.skipTest(f"another user can't run the programs: {error}")
        for folder in (self.folder, self.data):
            os.chmod(folder, 0o755)
        out = self.folder / "theirs"
        out.mkdir(mode=0o755)
        _, result = self.small(out.name, preexec_fn=become_nobody)
        self.assert_refused(result, 5, str(out), "--out", "Permission denied")
        self.assertNotIn("training", result.stderr)
        self.assertEqual(list(out.iterdir()), [])

    def signalled(self, name, path, kinds, n):
        env = environment(LD_PRELOAD=str(SHIMS / "faulty_system.so"), SHIM_PATH=str(path),
                          SHIM_SYSTEM=f"signal:{kinds}:{n}:SIGTERM")
        return self.small(name, env)

    def test_a_signal_while_the_data_are_read(self):
        for n in (1, 3):
            out, result = self.signalled(f"reading-{n}", self.data, "look,read", n)
            self.assert_code(result, 143)
            self.assertIn("stopped by SIGTERM before training began: nothing was saved", result.stderr)
            self.assertFalse(out.exists() and list(out.iterdir()))

    def test_a_signal_in_the_middle_of_a_save(self):
        for n in (2, 40, 60, 80):
            out, result = self.signalled(f"saving-{n}", self.folder / f"saving-{n}", "write", n)
            self.assert_code(result, 143)
            result = run("sateen-train", "--data", self.data, "--resume", out)
            self.assert_code(result, 0)
            self.assert_as_usual(out)


if __name__ == "__main__":
    unittest.main()

"""--config: options from a file, and every way to get the file wrong."""

import os
import unittest

from harness import ProgramTest, environment, run

WHOLE = "is not a whole number from 1 to 100,000"
# What is in the file, and what the error says after the file's name.
WRONG = [
    ("epchs = 3", 'line 1: unknown option "epchs"; did you mean --epochs?'),
    ("\n# epochs\n--epochs = 3", 'line 3: unknown option "--epochs"; did you mean --epochs?'),
    ("frobnicate = 3", 'line 1: unknown option "frobnicate"; see sateen-train --help'),
    ("Epochs = 3", "did you mean --epochs?"),
    ("h = true", 'unknown option "h"'),
    ("epochs = 3\nseed = 1\nepochs = 3", "line 3: epochs is given twice"),
    ("profile = false\nprofile = false", "line 2: profile is given twice"),
    ("epochs =", "line 1: epochs needs a value"),
    ("epochs = \t\r\n", "line 1: epochs needs a value"),
    ("epochs", "line 1: has no =; write it as in: epochs = 5"),
    ("= 3", "line 1: has no key"),
    ("; fine\n[training]\nepochs = 3", "line 2: sections have no meaning here"),
    ("profile = yes", 'line 1: profile: "yes" is not true or false'),
    ("profile = 1", 'line 1: profile: "1" is not true or false'),
    ("config = other.ini", "line 1: config is for the command line alone"),
    ("help = true", "line 1: help is for the command line alone"),
    ("version = true", "line 1: version is for the command line alone"),
    ("data = " + "x" * 9000, "line 1: is longer than 8192 bytes"),
    ("epochs = 0", "epochs: \"0\" " + WHOLE),
    ("epochs = 3 # three", "epochs: \"3 # three\" " + WHOLE),
    ("epochs = \"3\"", "epochs: \"\"3\"\" " + WHOLE),
    ("lr = nan", 'lr: "nan" is not a number above 0'),
    ("lr = 0,5", 'lr: "0,5" is not a number above 0'),
    ("model = huge", 'model: "huge" is not dropout, plain or deep'),
    ("epochs = 3\0", None),
    ("\x7fELF\x02\x01", None),
]


class Config(ProgramTest):
    def config(self, text, name="run.ini"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def train_with(self, text, *arguments, **options):
        path = self.config(text)
        return path, run("sateen-train", "--out", self.folder / "never", "--config", path, *arguments, **options)

    def test_wrong_files(self):
        for text, message in WRONG:
            with self.subTest(text=text[:40]):
                path, result = self.train_with(text)
                code = 2 if message else 3
                self.assert_refused(result, code, f"{path}: ", message or "is not a text file")
                self.assertEqual(result.stderr.count("\n"), 1)
                self.assertFalse((self.folder / "never").exists())

    def test_no_file(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        large = self.config(b"#" * (2 ** 20 + 1), "large.ini")
        for path, message in [(self.folder / "missing.ini", "can't be opened"), (self.folder, "is not a regular file"),
                              (fifo, "is not a regular file"), ("/dev/zero", "is not a regular file"),
                              (large, "is larger than the 1 MiB")]:
            result = run("sateen-train", "--out", self.folder / "never", "--config", path)
            self.assert_refused(result, 3, f"{path}: {message}")
        self.assert_refused(run("sateen-train", "--config", ""), 2, "--config needs a value")
        self.assert_refused(run("sateen-train", "--config"), 2, "--config needs a value")
        self.assert_refused(run("sateen-train", "--config", "a", "--config", "b"), 2, "--config was given twice")

    @unittest.skipIf(os.geteuid() == 0, "root reads every file")
    def test_unreadable_file(self):
        path = self.config("epochs = 3", "locked.ini")
        path.chmod(0)
        self.assert_refused(run("sateen-train", "--config", path), 3, "can't be opened")

    def test_largest_file(self):
        path = self.config(b"#" * 2 ** 20, "largest.ini")
        self.assert_refused(run("sateen-train", "--config", path), 2, "no folder for the results")

    def test_line_breaks_and_names_stay_in_one_line(self):
        path, result = self.train_with("\x1b[2J = 3")
        self.assert_refused(result, 3, f"{path}: is not a text file")
        odd = self.config("nonsense", "a\nb.ini")
        result = run("sateen-train", "--config", odd)
        self.assert_refused(result, 2, "a\\x0ab.ini: line 1")

    def test_trains_by_a_file(self):
        out = self.folder / "by-file"
        path = self.config("\ufeff# a run\r\n\r\n  model=plain \r\n; epochs = 9\r\nepochs\t=\t1\r\n"
                           f"device-option = threads=1\r\nprofile = false\r\ndata = {self.data}\r\nout = {out}")
        result = run("sateen-train", "--config", path)
        self.assert_code(result, 0)
        self.assertIn("plain, 356,234 parameters", result.stderr)
        self.assertIn("1 epoch of", result.stderr)
        self.assertTrue((out / "best.sateen").exists())

    def test_command_line_goes_first(self):
        path = self.config("epochs = 7\nprofile = true\ndevice-option = nonsense=1\n")
        out, result = self.train("first", "--epochs", "1", "--device-option", "threads=1", "--config", path)
        self.assert_code(result, 0)
        self.assertIn("1 epoch of", result.stderr)
        self.assertIn("profile   mean of", result.stderr)
        self.assertTrue((out / "last.sateen").exists())

    def test_repeatable_options_add_up(self):
        _, result = self.train_with("device-option = threads=1\ndevice-option = wrong\n", "--data", self.data)
        self.assert_refused(result, 2, '"wrong" is not of the form KEY=VALUE')

    def test_environment_goes_before_the_file(self):
        path = self.config("backend = nothing\ndata = /nowhere\n")
        env = environment(SATEEN_BACKEND="cpu", SATEEN_DATA=str(self.data))
        out = self.folder / "environment"
        self.assert_code(run("sateen-train", "--overwrite", "--out", out, "--epochs", "1", "--config", path, env=env), 0)
        env = environment(SATEEN_BACKEND=None, SATEEN_DATA=None)
        result = run("sateen-train", "--overwrite", "--out", out, "--config", path, env=env)
        self.assert_refused(result, 3, "/nowhere")
        result = run("sateen-train", "--overwrite", "--out", out, "--data", self.data, "--config", path, env=env)
        self.assert_refused(result, 4, "nothing")
        env = environment(SATEEN_BACKEND="", SATEEN_DATA="")  # as if they were not set
        self.assert_refused(run("sateen-train", "--overwrite", "--out", out, "--config", path, env=env), 3, "/nowhere")

    def test_every_program_takes_it(self):
        path = self.config("list-devices = true\njson = true\n")
        result = run("sateen-info", "--config", path)
        self.assert_code(result, 0)
        self.assertIn('"devices"', result.stdout)
        path = self.config("format = xml\nmodel = m.sateen\n")
        self.assert_refused(run("sateen-predict", "--config", path, "x.png"), 2, 'format: "xml" is not text, csv, json or jsonl')
        self.assert_refused(run("sateen-info", "--config", path), 2, 'unknown option "format"')


if __name__ == "__main__":
    unittest.main()

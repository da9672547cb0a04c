"""Command lines: help pages, versions, and every way to get them wrong."""

import os
import re
import subprocess
import unittest

from harness import ProgramTest, command, environment, run

DEVICE = ["--backend", "--device", "--backend-path", "--device-option"]
GENERAL = ["--config", "--dump-config", "--help", "--man", "--version"]
FLAGS = {
    "sateen-train": ["--model", "--epochs", "--batch-size", "--lr", "--seed", "--augment", "--monitor", "--early-stop",
                     "--restore-best", "--reduce-lr", "--lr-schedule", "--lr-step", "--lr-factor", "--lr-min", "--out", "--resume",
                     "--overwrite", "--save-every", "--save-interval", "--data", "--val-split", "--plots", "--no-plots", "--tune-seconds",
                     "--no-tune", "--summary", "--progress", "--color", "--profile", *DEVICE, *GENERAL],
    "sateen-predict": ["--model", "--invert", "--format", "--recursive", "--null", "--save-preprocessed", "--top",
                       "--allow-nonfinite", *DEVICE, *GENERAL],
    "sateen-evaluate": ["--model", "--data", "--part", "--batch-size", "--json", "--digits", "--plots-dir", *DEVICE, *GENERAL],
    "sateen-info": ["--list-devices", "--self-test", "--json", "--report", "--allow-nonfinite", *DEVICE, *GENERAL],
    "sateen-conformance": ["--backend", "--device", "--option", "--backend-path", "--needs", "--needs-file", "--expect-driver",
                           "--filter", "--list", "--unsupported", "--expected-failures", "--replay", "--seed", "--speed", "--runs",
                           *GENERAL],
    "sateen-bench": ["--model", "--batch-size", "--images", "--repeats", "--seconds", "--turns", "--json", "--brief", *DEVICE,
                     *GENERAL],
}
EPOCHS = "is not a whole number from 1 to 100,000"
WHOLE = "is not a whole number from 1 to 1,000,000"
REAL = "is not a number above 0 and up to 1e30"
# What is typed after `sateen-train --out X`, and what the error says.
WRONG = [
    (["--epochs", "0"], EPOCHS),
    (["--epochs", "-1"], EPOCHS),
    (["--epochs", "+1"], EPOCHS),
    (["--epochs", "1e9"], EPOCHS),
    (["--epochs", "abc"], EPOCHS),
    (["--epochs", "1.0"], EPOCHS),
    (["--epochs", " 1"], EPOCHS),
    (["--epochs", "99999999999"], EPOCHS),
    (["--epochs", "99999999999999999999999"], EPOCHS),
    (["--batch-size", "0"], WHOLE),
    (["--lr", "nan"], REAL),
    (["--lr", "0"], REAL),
    (["--lr", "-1"], REAL),
    (["--lr", "inf"], REAL),
    (["--lr", "-inf"], REAL),
    (["--lr", "1e400"], REAL),
    (["--lr", "0,5"], REAL),
    (["--lr", "0x1p-3"], REAL),
    (["--val-split", "1"], "is not a number from 0 to below 1"),
    (["--val-split", "-0.1"], "is not a number from 0 to below 1"),
    (["--val-split", "nan"], "is not a number from 0 to below 1"),
    (["--seed", "-1"], "is not a whole number from 0 to 18,446,744,073,709,551,615"),
    (["--seed", "18446744073709551616"], "is not a whole number from 0 to 18,446,744,073,709,551,615"),
    (["--model", "huge"], '"huge" is not dropout, plain or deep'),
    (["--progress", "always"], '"always" is not auto, bar, plain or none'),
    (["--ep", "3"], "unknown option --ep; did you mean --epochs?"),
    (["--epchs=3"], "did you mean --epochs?"),
    (["--EPOCHS", "3"], "did you mean --epochs?"),
    (["--dta", "x"], "did you mean --data?"),
    (["--frobnicate"], "unknown option --frobnicate; see sateen-train --help"),
    (["--epochs", "3", "--epochs", "3"], "--epochs was given twice"),
    (["--out", "y"], "--out was given twice"),
    (["--data", "--epochs", "3"], "--data needs a value"),
    (["--data", "--frobnicate"], "--data needs a value"),
    (["--data"], "--data needs a value"),
    (["--data="], "--data needs a value"),
    (["--help=3"], "--help takes no value"),
    (["stray"], 'unexpected argument "stray"'),
    (["--", "--epochs"], 'unexpected argument "--epochs"'),
    (["--device-option", "threads"], "is not of the form KEY=VALUE"),
    (["--device-option", "=2"], "is not of the form KEY=VALUE"),
]


class Help(ProgramTest):
    def test_help_names_every_option(self):
        for program, flags in FLAGS.items():
            for ask in ("--help", "-h"):
                result = run(program, ask)
                self.assert_code(result, 0)
                self.assertEqual(result.stderr, "")
                self.assertIn("Examples:\n  " + program, result.stdout)
                words = set(result.stdout.replace("]", " ").split())
                self.assertEqual([flag for flag in flags if flag not in words], [])
                self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

    def test_version(self):
        for program in FLAGS:
            result = run(program, "--version")
            self.assert_code(result, 0)
            first, *rest = result.stdout.splitlines()
            self.assertRegex(first, rf"\A{program} \d+\.\d+\.\d+\Z")
            about = dict(line.split(maxsplit=1) for line in rest)
            self.assertLessEqual({"ABI", "compiler", "OpenCL"}, set(about))
            self.assertRegex(about["ABI"], r"\A\d+\.\d+ \(backends\)\Z")
            self.assertRegex(about["compiler"], r"\A(GCC|clang) \d+\.\d+")
            if "none" not in about["OpenCL"]:
                self.assertRegex(about["CLBlast"], r"\A\d+\.\d+")

    def test_manual_pages(self):
        for program, flags in FLAGS.items():
            page = run(program, "--man")
            self.assert_code(page, 0)
            self.assertEqual(page.stderr, "")
            shown = subprocess.run(["groff", "-man", "-Tascii", "-P-cbou", "-rHY=0", "-ww"], input=page.stdout, capture_output=True,
                                   text=True, check=True)
            self.assertEqual(shown.stderr, "")  # groff's warnings
            for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
                self.assertIn(f"\n{heading}\n", shown.stdout)
            words = set(re.split(r"[\s,\]]+", shown.stdout))
            self.assertEqual([flag for flag in flags if flag not in words], [])

    def test_full_disk(self):
        for program in FLAGS:
            with open("/dev/full", "wb") as full:
                result = subprocess.run(command(program, "--help"), stdout=full, stderr=subprocess.PIPE, text=True,
                                        check=False)
            self.assertEqual(result.returncode, 5)
            self.assertRegex(result.stderr, rf"\A{program}: error: standard output: [^\n]*\n\Z")

    def test_closed_stdout(self):
        for program in FLAGS:
            result = subprocess.run(["sh", "-c", 'exec "$0" --help >&-', command(program)[0]], stderr=subprocess.PIPE,
                                    text=True, check=False)
            self.assertEqual(result.returncode, 5)

    def test_reader_that_left(self):
        # As in `sateen-train --help | head -1`: ended by SIGPIPE without a word, also where the parent ignores SIGPIPE.
        for restore in (True, False):
            reading, writing = os.pipe()
            os.close(reading)
            result = subprocess.run(command("sateen-train", "--help"), stdout=writing, stderr=subprocess.PIPE,
                                    restore_signals=restore, check=False)
            os.close(writing)
            self.assertEqual((result.returncode, result.stderr), (-13, b""))


class Summary(ProgramTest):
    def test_layers_in_kerass_columns(self):
        for model, layers in (("plain", 13), ("dropout", 17)):
            result = run("sateen-train", "--summary", "--model", model)
            self.assert_code(result, 0)
            self.assertEqual(result.stderr, "")
            lines = result.stdout.splitlines()
            self.assertEqual(lines[0], f'Model: "{model}"')
            self.assertEqual(len(lines), layers + 8)
            self.assertEqual(re.split(" {2,}", lines[2].strip()), ["Layer (type)", "Output Shape", "Param #"])
            self.assertEqual(re.split(" {2,}", lines[4].strip()), ["conv1 (conv2d)", "(None, 28, 28, 32)", "320"])
            self.assertIn("Total params: 356,234", lines)
            parameters = sum(int(line.split()[-1].replace(",", "")) for line in lines[4:4 + layers])
            self.assertEqual(parameters, 356_234)
            self.assertEqual(lines[-2:], ["Trainable params: 356,234", "Non-trainable params: 0"])

    def test_what_is_not_trained_is_counted_apart(self):
        result = run("sateen-train", "--summary", "--model", "deep")
        self.assert_code(result, 0)
        lines = result.stdout.splitlines()
        self.assertEqual(re.split(" {2,}", lines[6].strip()), ["norm1 (batch_norm)", "(None, 28, 28, 32)", "128"])
        self.assertEqual(lines[-3:], ["Total params: 746,954", "Trainable params: 745,354", "Non-trainable params: 1,600"])


class DumpConfig(ProgramTest):
    def dump(self, program, *arguments, **changes):
        result = run(program, *arguments, "--dump-config", env=environment(SATEEN_BACKEND=None, **changes))
        self.assert_code(result, 0)
        self.assertEqual(result.stderr, "")
        return result.stdout

    def read_back(self, dumped):
        path = self.folder / "dumped.ini"
        path.write_text(dumped)
        return path

    def test_reads_back(self):
        dumped = self.dump("sateen-train", "--epochs", "3", "--out", "a b", "--no-tune", "--device-option", "x=1",
                           "--device-option", "y = #2")
        for line in ("epochs = 3", "# model = dropout", "# lr = 0.001", "out = a b", "no-tune = true", "# profile = false",
                     "device-option = x=1", "device-option = y = #2", "# save-interval = MIN", "# device = auto"):
            self.assertIn(f"\n{line}\n", dumped)
        self.assertEqual(self.dump("sateen-train", "--config", self.read_back(dumped)), dumped)

    def test_order(self):
        path = self.folder / "some.ini"
        path.write_text("backend = file\ndata = file\nepochs = 7\nmodel = plain\n")
        result = run("sateen-train", "--config", path, "--data", "line", "--epochs", "8", "--dump-config",
                     env=environment(SATEEN_BACKEND="variable", SATEEN_DATA="variable"))
        self.assert_code(result, 0)
        for line in ("backend = variable", "data = line", "epochs = 8", "model = plain", "# batch-size = 64"):
            self.assertIn(f"\n{line}\n", result.stdout)

    def test_every_program(self):
        uses = {"sateen-train": ([], []), "sateen-predict": (["-k", "2"], []), "sateen-evaluate": (["--part", "train"], []),
                "sateen-info": (["--list-devices"], []), "sateen-bench": (["--turns"], ["train"]),
                "sateen-conformance": (["--filter", "softmax"], [])}
        self.assertEqual(set(uses), set(FLAGS))
        for program, (options, words) in uses.items():
            dumped = self.dump(program, *options, *words)
            self.assertIn("\n# Backend\n" if program == "sateen-conformance" else "\n# Device\n", dumped)
            self.assertEqual(self.dump(program, "--config", self.read_back(dumped), *words), dumped)
        # What a program refuses beside others is not in its own dump.
        path = self.read_back(self.dump("sateen-info", "--list-devices"))
        self.assert_code(run("sateen-info", "--config", path, env=environment(SATEEN_BACKEND=None)), 0)

    def test_of_a_run_that_goes_on(self):
        out, result = self.train("shorter", "--epochs", "1", "--model", "plain", "--lr", "0.002")
        self.assert_code(result, 0)
        path = self.read_back(self.dump("sateen-train", "--resume", out))
        result = run("sateen-train", "--config", path)
        self.assert_code(result, 0)
        self.assertIn("has ended before", result.stderr)

    def test_what_no_file_can_hold(self):
        for arguments in (["--out", "a\nb"], ["--out", " a"], ["--out", "x", "--resume"]):
            self.assert_refused(run("sateen-train", *arguments, "--dump-config"), 2, "can't stand in a file of options")

    def test_what_would_be_refused(self):
        for arguments, words in ((["--epochs", "x"], EPOCHS), (["--out", "a", "--resume", "b"], "leave --out out"),
                                 (["--lr-min", "5"], "lr"), (["--val-split", "0", "--monitor", "val_loss"], "val_loss")):
            self.assert_refused(run("sateen-train", *arguments, "--dump-config"), 2, words)


class WrongUse(ProgramTest):
    def test_train(self):
        out = self.folder / "never"
        for arguments, message in WRONG:
            with self.subTest(arguments=arguments):
                result = run("sateen-train", "--out", out, *arguments)
                self.assert_refused(result, 2, message)
                self.assertEqual(result.stderr.count("\n"), 1)
                self.assertFalse(out.exists())

    def test_numbers_in_a_locale_with_commas(self):
        result = run("sateen-train", "--lr", "0,5", "--out", "x", env=environment(LC_ALL="de_DE.UTF-8"))
        self.assert_refused(result, 2, REAL)

    def test_train_without_a_folder(self):
        self.assert_refused(run("sateen-train"), 2, "sateen-train --out")
        self.assert_refused(run("sateen-train", "--out", ""), 2, "sateen-train --out")

    def test_predict(self):
        self.assert_refused(run("sateen-predict", "x.png"), 2, "no model")
        self.assert_refused(run("sateen-predict", "-m", "x.sateen"), 2, "no picture")
        self.assert_refused(run("sateen-predict", "-m", "x", "--format", "xml", "y"), 2, '"xml" is not text, csv, json or jsonl')
        self.assert_refused(run("sateen-predict", "-m", "x", "--invert", "y"), 2, '"y" is not auto, yes or no')
        self.assert_refused(run("sateen-predict", "-m", "x", "-k", "0", "y"), 2, "--top", '"0" is not a whole number')
        self.assert_refused(run("sateen-predict", "-m", "x", "-", "-"), 2, "- was given twice")
        self.assert_refused(run("sateen-predict", "-m", "-x", "y"), 2, "--model needs a value", "./-name")
        self.assert_refused(run("sateen-predict", "-m", "x", "-m", "y", "z"), 2, "--model was given twice")


if __name__ == "__main__":
    unittest.main()

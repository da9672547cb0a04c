"""sateen-train steered: schedules, reducing on a plateau, early stop, the best epoch's weights, and going on under them."""

import json
import re
import shutil
import unittest

from harness import run
from test_resume import ResumeTest, history_of

# Learns the small data at once, so that nothing gets better soon.
FAST = ("--model", "plain", "--batch-size", 120, "--lr", "0.004")
STEERED = (*FAST, "--monitor", "val_accuracy", "--lr-schedule", "cosine", "--reduce-lr", 2, "--early-stop", 4,
           "--lr-min", "0.00001")


def weights_of(file):
    """The checksums of a file's weights."""
    tensors = json.loads(run("sateen-info", "--json", file).stdout)["tensors"]
    return {tensor["name"]: tensor["xxh3_64"] for tensor in tensors if tensor["name"].startswith("model/")}


def training_of(file):
    return json.loads(run("sateen-info", "--json", file).stdout)["training"]


class Steering(ResumeTest):
    def test_early_stop(self):
        whole, result = self.train("whole", *STEERED, "--epochs", 40)
        self.assert_code(result, 0)
        epochs = history_of(whole)
        self.assertLess(len(epochs), 40)
        self.assertIn("\nearly stop: val_accuracy has not improved for 4 epochs\ndone: ", result.stderr)
        self.assertRegex(result.stderr, r"\nreduce lr to 0\.\d+: val_accuracy has not improved by 0\.0001 for 2 epochs\n")
        self.assertIn("early stop: after 4 epochs without a better val_accuracy", result.stderr)
        self.assertTrue(all(len(line) <= 80 for line in result.stderr.splitlines()
                            if re.match("epoch|early|reduce|training", line)), result.stderr)
        # The best is the first of the best, by the monitor.
        best = max(range(len(epochs)), key=lambda i: float(epochs[i]["val_accuracy"]))
        self.assertEqual(best, len(epochs) - 5)
        marked = [line.endswith(" *") for line in re.findall(r"(?m)^epoch .*$", result.stderr)]
        self.assertEqual(len(marked) - 1 - marked[::-1].index(True), best)
        # It has ended, whatever more is wanted but patience.
        files = {path.name: path.read_bytes() for path in whole.iterdir()}
        for arguments in ((), ("--epochs", 50), ("--early-stop", 3)):
            result = self.resume(whole, *arguments)
            self.assert_code(result, 0)
            self.assertIn(f"after {len(epochs)} epochs; stopped early, a larger --early-stop goes on; ", result.stderr)
            self.assertEqual({path.name: path.read_bytes() for path in whole.iterdir()}, files)
        # Stopped between epochs and gone on with, it is the same to the byte.
        out = self.folder / "parts"
        shutil.copytree(whole, out)
        shutil.copy(out / "previous.sateen", out / "last.sateen")
        self.assert_code(self.resume(out), 0)
        self.assert_same_run(out, whole)
        # A larger patience goes on.
        result = self.resume(out, "--early-stop", 6)
        self.assert_code(result, 0)
        self.assertIn("early stop: after 6 epochs without a better val_accuracy from here on, it was: after 4", result.stderr)
        self.assertGreater(len(history_of(out)), len(epochs))

    def test_the_rate_goes_on(self):
        # The cosine is over all epochs, so they are given at the beginning; the checkpoint of any epoch goes on with it.
        arguments = (*FAST, "--lr-schedule", "cosine", "--reduce-lr", 1, "--epochs", 6)
        whole, result = self.train("cosine", *arguments)
        self.assert_code(result, 0)
        rates = [float(row["lr"]) for row in history_of(whole)]
        self.assertEqual(rates, sorted(rates, reverse=True))
        self.assertEqual(len(set(rates)), 6)
        out, result = self.train("cosine-parts", *arguments, "--save-every", 4)
        self.assert_code(result, 0)
        shutil.copy(out / "previous.sateen", out / "last.sateen")
        self.assert_code(self.resume(out), 0)
        self.assert_same_run(out, whole)

    def test_steps(self):
        out, result = self.train("steps", *FAST, "--epochs", 5, "--lr-schedule", "step", "--lr-step", 2, "--lr-factor",
                                 "0.5", "--lr-min", "0.0015")
        self.assert_code(result, 0)
        self.assertEqual([row["lr"] for row in history_of(out)], ["0.004", "0.004", "0.002", "0.002", "0.0015"])

    def test_restore_best(self):
        out, result = self.train("restored", *FAST, "--epochs", 30, "--monitor", "val_accuracy", "--early-stop", 2,
                                 "--restore-best")
        self.assert_code(result, 0)
        self.assertEqual(weights_of(out / "last.sateen"), weights_of(out / "best.sateen"))
        self.assertNotEqual(weights_of(out / "previous.sateen"), weights_of(out / "best.sateen"))
        before, after = (training_of(out / name) for name in ("previous.sateen", "last.sateen"))
        self.assertEqual(before, after)
        # A run that was killed just before does it when it is gone on with; one that is through is left alone.
        last = (out / "last.sateen").read_bytes()
        shutil.copy(out / "previous.sateen", out / "last.sateen")
        for _ in range(2):
            self.assert_code(self.resume(out), 0)
            self.assertEqual((out / "last.sateen").read_bytes(), last)
        self.assert_code(self.resume(out, "--early-stop", 3), 0)

    def test_of_a_run_that_has_ended(self):
        out, result = self.train("late", *FAST, "--epochs", 4, "--monitor", "val_accuracy", "--save-every", 4)
        self.assert_code(result, 0)
        self.assert_code(self.resume(out, "--restore-best"), 0)
        self.assertEqual(weights_of(out / "last.sateen"), weights_of(out / "best.sateen"))


class Settings(ResumeTest):
    def test_bad_values(self):
        for option, value in (("--early-stop", "-1"), ("--early-stop", "x"), ("--reduce-lr", "1.5"), ("--monitor", "acc"),
                              ("--lr-schedule", "linear"), ("--lr-step", "0"), ("--lr-factor", "1"), ("--lr-factor", "0"),
                              ("--lr-min", "-1"), ("--lr-min", "nan"), ("--lr-min", "0.5")):
            self.assert_refused(self.train("none", option, value)[1], 2, option, value)
        for name in ("val_loss", "val_accuracy"):
            self.assert_refused(self.train("none", "--val-split", 0, "--monitor", name)[1], 2, f"--monitor {name}",
                                f"give --monitor {name[4:]}")
        self.assertFalse((self.folder / "none").exists())

    def test_what_a_checkpoint_keeps(self):
        out, result = self.train("kept", *FAST, "--epochs", 1, "--val-split", 0, "--monitor", "accuracy", "--early-stop", 3,
                                 "--reduce-lr", 2, "--lr-schedule", "step", "--lr-step", 4, "--lr-factor", "0.3",
                                 "--restore-best", "--lr-min", "0.0001")
        self.assert_code(result, 0)
        trained = training_of(out / "last.sateen")
        self.assertEqual(trained["plan"], {
            "monitor": "accuracy", "minimum_rate": 0.0001,
            "schedule": {"kind": "step", "epochs": 0, "step_epochs": 4, "factor": 0.3},
            "reduce": {"patience": 2, "factor": 0.3, "min_delta": 0.0001}, "early_stop": {"patience": 3, "min_delta": 0}})
        self.assertTrue(trained["restore_best"])
        shown = run("sateen-info", out / "last.sateen").stdout
        for line in ("monitor         accuracy", "lr schedule     step: times 0.3 every 4 epochs",
                     "reduce lr       times 0.3 after 2 epochs without a better accuracy", "lowest lr       0.0001",
                     "early stop      after 3 epochs without a better accuracy"):
            self.assertIn(line, shown)
        self.assert_refused(self.resume(out, "--epochs", 2, "--monitor", "loss"), 2, "--monitor loss", "trained with accuracy")
        result = self.resume(out, "--epochs", 2, "--monitor", "accuracy", "--early-stop", 0, "--lr-schedule", "constant")
        self.assert_code(result, 0)
        self.assertIn("early stop: never from here on", result.stderr)
        self.assertIn("lr schedule: constant from here on", result.stderr)
        now = training_of(out / "last.sateen")["plan"]
        self.assertEqual((now["schedule"]["kind"], now["early_stop"]["patience"]), ("constant", 0))


if __name__ == "__main__":
    unittest.main()

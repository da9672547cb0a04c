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


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


class Steering(ResumeTest):
    def assert_narrow(self, result, kinds):
        for line in result.stderr.splitlines():
            if re.match(kinds, line):
                self.assertLessEqual(len(line), 80, line)

    def test_early_stop(self):
        whole, result = self.train("whole", *STEERED, "--epochs", 40)
        self.assert_code(result, 0)
        epochs = history_of(whole)
        self.assertLess(len(epochs), 40)
        self.assertIn("\nearly stop: val_accuracy has not improved for 4 epochs\ndone: ", result.stderr)
        self.assertRegex(result.stderr, r"\nreduce lr to 0\.\d+: val_accuracy has not improved by 0\.0001 for 2 epochs\n")
        self.assertIn("early stop: after 4 epochs without a better val_accuracy", result.stderr)
        # The best is the first of the best, by the monitor.
        best = max(range(len(epochs)), key=lambda i: float(epochs[i]["val_accuracy"]))
        self.assertEqual(best, len(epochs) - 5)
        marked = [line.endswith(" *") for line in re.findall(r"(?m)^epoch .*$", result.stderr)]
        self.assertEqual(len(marked) - 1 - marked[::-1].index(True), best)
        self.assert_narrow(result, "epoch|early|reduce|training")
        # It has ended, whatever more is wanted but patience; what is wanted is kept, and the rest is left alone.
        done = self.folder / "done"
        shutil.copytree(whole, done)
        files = contents(done)
        for arguments, kept in (((), {}), (("--early-stop", 3), {"early stop": "after 3"}), ((), {"early stop": "after 3"}),
                                (("--early-stop", 4), {})):
            result = self.resume(done, *arguments)
            self.assert_code(result, 0)
            self.assertIn(f"done: the run has ended before, after {len(epochs)} epochs; a larger --early-stop goes on\n",
                          result.stderr)
            self.assert_narrow(result, "resume|done")
            now = contents(done)
            if not kept:
                self.assertEqual(now, files)
                continue
            self.assertEqual(training_of(done / "last.sateen")["plan"]["early_stop"]["patience"], 3)
            self.assertEqual({**now, "last.sateen": None}, {**files, "last.sateen": None})
        # Stopped between epochs and gone on with, it is the same to the byte.
        out = self.folder / "parts"
        shutil.copytree(whole, out)
        shutil.copy(out / "previous.sateen", out / "last.sateen")
        self.assert_code(self.resume(out), 0)
        self.assert_same_run(out, whole)
        # A larger patience goes on.
        result = self.resume(out, "--early-stop", 6)
        self.assert_code(result, 0)
        self.assertIn("\nresume    early stop: after 6 epochs, was after 4 epochs\n", result.stderr)
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
        # Going on begins with the best epoch's weights; after a kill just before they were put there, with the last one's.
        went_on = []
        for name in ("last.sateen", "previous.sateen"):
            folder = self.folder / f"from-{name}"
            shutil.copytree(out, folder)
            shutil.copy(out / name, folder / "last.sateen")
            self.assert_code(self.resume(folder, "--early-stop", 3), 0)
            self.assertEqual(weights_of(folder / "last.sateen"), weights_of(folder / "best.sateen"))
            went_on.append(history_of(folder)[len(history_of(out))])
        self.assertNotEqual(*went_on)

    def test_within_an_epoch(self):
        # previous.sateen is within the last epoch, and the run is said to have ended before it.
        arguments = (*FAST[:2], "--batch-size", 4, "--lr", "0.004")
        out, result = self.train("half", *arguments, "--epochs", 3, "--save-interval", "0.00001", "--save-every", 3)
        self.assert_code(result, 0)
        shutil.copy(out / "previous.sateen", out / "last.sateen")
        before = training_of(out / "last.sateen")
        self.assertEqual(before["epoch"], 2)
        self.assertGreater(before["step"], 0)
        self.assert_code(self.resume(out, "--epochs", 2, "--restore-best"), 0)
        after = training_of(out / "last.sateen")
        self.assertEqual((after["epoch"], after["step"], after["epochs"]), (2, 0, 2))
        self.assertEqual(weights_of(out / "last.sateen"), weights_of(out / "best.sateen"))
        self.assertEqual(training_of(out / "previous.sateen"), before)
        result = self.resume(out, "--epochs", 3)
        self.assert_code(result, 0)
        self.assertIn("goes on after epoch 2", result.stderr)

    def test_the_rate_that_is(self):
        arguments = (*FAST, "--lr-schedule", "step", "--lr-step", 1, "--lr-factor", "0.5")
        out, result = self.train("rates", *arguments, "--epochs", 2)
        self.assert_code(result, 0)
        self.assertIn("learning rate 0.004, seed 0\n", result.stderr)
        self.assertNotIn("learning rate now", result.stderr)
        result = self.resume(out, "--epochs", 3, "--lr", "0.002")
        self.assert_code(result, 0)
        self.assertIn("\nresume    --lr: 0.002, was 0.004\n", result.stderr)
        self.assertIn("\n          learning rate now: 0.0005\n", result.stderr)
        self.assertEqual(history_of(out)[2]["lr"], "0.0005")
        result = self.resume(out, "--epochs", 4, "--lr", "1e30")
        self.assert_refused(result, 6, "(--lr is 1e+30, the learning rate 1.25e+29)")

    def test_no_lines(self):
        _, result = self.train("quiet", *FAST, "--epochs", 40, "--monitor", "val_accuracy", "--early-stop", 3,
                               "--reduce-lr", 1, "--progress", "none")
        self.assert_code(result, 0)
        self.assertNotRegex(result.stderr, "(?m)^(epoch|early stop|reduce lr)")
        self.assertLess(training_of(self.folder / "quiet" / "last.sateen")["epoch"], 40)

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

    def test_nothing_held_out(self):
        for arguments in ((), ("--monitor", "val_loss")):
            self.assert_refused(self.train("nobody", "--val-split", "0.000001", *arguments)[1], 2,
                                "--val-split 1e-06 holds out none of 600 images")

    def test_without_a_use(self):
        self.assert_refused(self.train("unused", "--lr-step", 5)[1], 2, "--lr-step is for --lr-schedule step")
        self.assert_refused(self.train("unused", "--lr-step", 5, "--lr-schedule", "cosine", "--reduce-lr", 2)[1], 2,
                            "--lr-step is for --lr-schedule step")
        for arguments in ((), ("--lr-schedule", "cosine"), ("--reduce-lr", 0)):
            self.assert_refused(self.train("unused", "--lr-factor", "0.5", *arguments)[1], 2,
                                "--lr-factor is for --reduce-lr and --lr-schedule step")
        # A file of options has them for the runs that use them.
        config = self.folder / "options.ini"
        config.write_text("lr-step = 5\nlr-factor = 0.5\n", encoding="ascii")
        out, result = self.train("some", *FAST, "--epochs", 1, "--config", config)
        self.assert_code(result, 0)
        self.assert_refused(self.resume(out, "--epochs", 2, "--lr-step", 3), 2, "--lr-step is for")
        self.assert_code(self.resume(out, "--epochs", 2, "--lr-schedule", "step", "--lr-step", 3), 0)
        self.assert_code(self.resume(out, "--epochs", 3, "--lr-step", 4, "--lr-factor", "0.25"), 0)

    def test_what_is_kept_of_a_run_that_has_ended(self):
        out, result = self.train("ended", *FAST, "--epochs", 1)
        self.assert_code(result, 0)
        result = self.resume(out, "--lr", "0.002", "--lr-min", "0.001", "--lr-schedule", "cosine", "--restore-best")
        self.assert_code(result, 0)
        self.assertTrue(result.stderr.startswith("resume    --lr: 0.002, was 0.004\n"), result.stderr)
        kept = training_of(out / "last.sateen")
        self.assertEqual((kept["adam"]["learning_rate"], kept["plan"]["minimum_rate"], kept["plan"]["schedule"]["kind"],
                          kept["restore_best"]), (0.002, 0.001, "cosine", True))
        files = contents(out)
        self.assertNotIn("resume", self.resume(out).stderr)
        self.assertEqual(contents(out), files)
        self.assert_refused(self.resume(out, "--epochs", 2, "--lr", "0.0005"), 2,
                            "--lr 0.0005 is below the --lr-min 0.001 that the run was begun with")
        self.assert_refused(self.resume(out, "--lr-min", "0.01"), 2, "--lr-min 0.01 is above --lr 0.002")

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
        self.assertIn("\nresume    early stop: never, was after 3 epochs\n", result.stderr)
        self.assertIn("\nresume    lr schedule: constant, was step: times 0.3 every 4 epochs\n", result.stderr)
        now = training_of(out / "last.sateen")["plan"]
        self.assertEqual((now["schedule"]["kind"], now["early_stop"]["patience"]), ("constant", 0))


if __name__ == "__main__":
    unittest.main()

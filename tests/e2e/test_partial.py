"""A backend that does a few operations only: the example's plugin, with cpu for the rest."""

import csv
import json
import os
import re

from harness import ProgramTest, environment, run

PLAIN = os.environ["SATEEN_TEST_PLAIN"]
LINE = re.compile(r"^plain lacks (\d+) of (\d+) operations: (.*); they run on cpu$", re.MULTILINE)
# What the plugin has.
OWN = ("dense_forward", "dense_backward_data", "dense_backward_weights", "leaky_relu_forward", "leaky_relu_backward")
PLUGIN = ("--backend-path", PLAIN, "--backend", "plain")


def losses(folder):
    with open(folder / "history.csv", encoding="ascii", newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


class Partial(ProgramTest):
    def test_a_training_is_that_of_cpu(self):
        short = ("--epochs", "2", "--batch-size", "32", "--model", "dropout")
        want, result = self.train("cpu", *short)
        self.assert_code(result, 0)
        self.assertNotIn("lacks", result.stderr)
        got, result = self.train("plain", *short, *PLUGIN)
        self.assert_code(result, 0)
        said = LINE.findall(result.stderr)
        self.assertEqual(len(said), 1, result.stderr)
        self.assertIn("conv2d_forward, ", said[0][2])
        self.assertIn("(this backend has dense layers and LeakyReLU alone)", said[0][2])
        for kind in OWN:
            self.assertNotIn(kind, said[0][2])
        self.assertEqual(len(losses(got)), 2)
        for a, b in zip(losses(got), losses(want)):
            self.assertAlmostEqual(a / b, 1, delta=1e-4)

        scores = {}
        for name, device in (("plain", PLUGIN), ("cpu", ())):
            result = run("sateen-evaluate", "--model", got / "best.sateen", "--data", self.data, "--json", *device)
            self.assert_code(result, 0)
            scores[name] = json.loads(result.stdout)
        self.assertAlmostEqual(scores["plain"]["loss"], scores["cpu"]["loss"], delta=1e-5)

    def test_strict_refuses(self):
        out, result = self.train("strict", "--strict", *PLUGIN)
        self.assert_refused(result, 4, "plain: compile: gather.images is not supported: this backend has dense layers and "
                                       "LeakyReLU alone; strict keeps it from running elsewhere")
        self.assertFalse((out / "last.sateen").exists())
        out, result = self.train("strict-cpu", "--strict", "--epochs", "1")
        self.assert_code(result, 0)

    def test_the_benchmark_counts(self):
        result = run("sateen-bench", "train", "--brief", "--images", "64", "--repeats", "1", "--seconds", "0.01", *PLUGIN,
                     "--json")
        self.assert_code(result, 0)
        said = LINE.findall(result.stderr)
        self.assertEqual(json.loads(result.stdout)["fallback_ops"], int(said[0][0]))
        text = run("sateen-bench", "infer", "--images", "64", "--repeats", "1", "--seconds", "0.01", *PLUGIN)
        self.assert_code(text, 0)
        self.assertRegex(text.stdout, r"(?m)^fallback  \d+ of \d+ operations ran on cpu: conv2d_forward \(3\), ")
        self.assertIn("dense1.forward", text.stdout)  # the times are those of both
        self.assertIn("conv1.forward", text.stdout)

    def test_the_self_test_passes_and_counts(self):
        report = self.folder / "report.txt"
        result = run("sateen-info", "--self-test", "--report", report, *PLUGIN)
        self.assert_code(result, 0)
        self.assertIn("of them, which run on cpu", " ".join(result.stdout.split()))
        self.assertRegex(report.read_text(encoding="utf-8"), r"\n  fallback: \d+ of \d+ operations ran on cpu: ")
        result = run("sateen-info", "--list-devices", "--strict", env=environment())
        self.assert_refused(result, 2, "--strict is not for --list-devices")

"""sateen-info with files: what it shows, and what it says of files that aren't whole."""

import json
import re
import subprocess
import unittest

from harness import ProgramTest, command, environment, run


class Files(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.out = cls.folder / "run"
        result = run("sateen-train", "--data", cls.data, "--out", cls.out, "--epochs", 2, "--batch-size", 100, "--seed", 7,
                     "--save-every", 2, "--save-interval", 1000, "--progress", "none")
        assert result.returncode == 0, result.stderr
        cls.last, cls.best = cls.out / "last.sateen", cls.out / "best.sateen"

    def damaged(self, name, at):
        """A copy of last.sateen with one bit flipped."""
        content = bytearray(self.last.read_bytes())
        content[at] ^= 1
        path = self.folder / name
        path.write_bytes(content)
        return path

    def test_a_checkpoint(self):
        result = run("sateen-info", self.last)
        self.assert_code(result, 0)
        self.assertEqual(result.stderr, "")
        self.assertTrue(result.stdout.startswith(f"{self.last}: a checkpoint, format 1.0, "), result.stdout)
        for words in ("356,234 parameters", r"  conv2 +conv2d +14x14x64 +18,496  filters=64 kernel=3x3", "seed +7",
                      "epochs +2 of 2", "batch size +100", "held out +0.2", "learning rate 0.001, beta1 0.9",
                      "device +cpu, ", r"\n +2 +\d\S* +\d\S* +\d\S* +\d\S* +0.001", "  best\n",
                      r"training/adam_v/dense2.bias +f32 +10 +40  [0-9a-f]{16}"):
            self.assertRegex(result.stdout, words)
        # Neither how it was saved nor where its data lay.
        for words in ("save", "interval", str(self.data), str(self.out) + "\n", "second"):
            self.assertNotIn(words, result.stdout)

    def test_a_model(self):
        result = run("sateen-info", self.best)
        self.assert_code(result, 0)
        self.assertIn("a model, format 1.0", result.stdout)
        self.assertNotIn("Training", result.stdout)
        self.assertNotIn("History", result.stdout)

    def test_json(self):
        for path, kind in ((self.last, "checkpoint"), (self.best, "model")):
            result = run("sateen-info", "--json", path)
            self.assert_code(result, 0)
            shown = json.loads(result.stdout)
            self.assertEqual((shown["schema"], shown["kind"], shown["parameters"]), ("sateen.file/1", kind, 356234))
            self.assertEqual(shown["bytes"], path.stat().st_size)
            self.assertEqual(sum(layer["parameters"] for layer in shown["layers"]), 356234)
            self.assertTrue(all(re.fullmatch("[0-9a-f]{16}", tensor["xxh3_64"]) for tensor in shown["tensors"]))
            self.assertEqual("training" in shown, kind == "checkpoint")
        training = json.loads(run("sateen-info", self.last, "--json").stdout)["training"]
        self.assertEqual((training["epoch"], training["step"], len(training["history"])), (2, 0, 2))

    def test_verify(self):
        result = run("sateen-info", "verify", *sorted(self.out.glob("*.sateen")))
        self.assert_code(result, 0)
        self.assertEqual(len(re.findall(r"(?m)^.*\.sateen: a .* all checksums right$", result.stdout)), 3)
        size = self.last.stat().st_size
        for at in (0, 20, 100, size // 2, size - 1):
            path = self.damaged("damaged", at)
            self.assert_refused(run("sateen-info", "verify", path), 3, str(path))
            self.assert_refused(run("sateen-info", path), 3, str(path))
        # One that is damaged doesn't keep the others from being looked at.
        path = self.damaged("damaged", size - 1)
        result = run("sateen-info", "verify", path, self.best, self.folder / "none")
        self.assert_code(result, 3)
        self.assertIn("best.sateen: a model", result.stdout)
        self.assertEqual(len(self.error_lines(result)), 2)
        self.assertIn("tensor training/history is damaged", result.stderr)

    def test_wrong_use(self):
        for arguments, words in (([], "nothing to show"), (["verify"], "verify needs a file"),
                                 (["--list-devices", self.best], "one thing at a time"),
                                 (["--list-devices", "--self-test"], "one thing at a time"),
                                 ([self.best, self.last], "one file at a time"),
                                 (["--backend", "cpu", self.best], "--backend is not for files"),
                                 (["--json", "verify", self.best], "--json is not for verify"),
                                 (["--list-devices", "--report", "x"], "--report is not for --list-devices"),
                                 (["--self-test", "--allow-nonfinite"], "--allow-nonfinite is not for --self-test")):
            self.assert_refused(run("sateen-info", *arguments), 2, words)

    def test_a_full_output(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run(command("sateen-info", self.last), stdin=subprocess.DEVNULL, stdout=full,
                                    stderr=subprocess.PIPE, text=True, env=environment(), check=False)
        self.assertEqual(result.returncode, 5)


if __name__ == "__main__":
    unittest.main()

"""Augmentation: the option's list, and that a training with it goes on to the byte."""

import json
import unittest

from harness import ProgramTest, run


class Augment(ProgramTest):
    def info(self, file):
        return run("sateen-info", file).stdout

    def test_words(self):
        models = {}
        for name, words, text in (("bare", ("--augment",), "mirror,shift=2"), ("both", ("--augment=shift,mirror",), "mirror,shift=2"),
                                  ("mirror", ("--augment", "mirror"), "mirror"), ("shift", ("--augment", "shift=1"), "shift=1"),
                                  ("none", ("--augment", "none"), ""), ("plain", (), "")):
            out, result = self.train(name, "--epochs", 1, "--batch-size", 60, "--model", "plain", *words)
            self.assert_code(result, 0)
            self.assertEqual(f"  augmented: {text}\n" in result.stderr, bool(text), result.stderr)
            self.assertEqual("augmented" in self.info(out / "last.sateen"), bool(text))
            models.setdefault((out / "last.sateen").read_bytes(), []).append(name)
        self.assertEqual(list(models.values()), [["bare", "both"], ["mirror"], ["shift"], ["none", "plain"]])
        self.assertRegex(self.info(self.folder / "bare" / "last.sateen"), r"augmented +mirror,shift=2\n")
        told = json.loads(run("sateen-info", self.folder / "shift" / "last.sateen", "--json").stdout)
        self.assertEqual(told["training"]["augmentation"], {"mirror": False, "shift": 1})

    def test_bad_lists(self):
        for words in ("flip", "mirror,", ",", "mirror,mirror", "shift,shift=3", "shift=", "shift=0", "shift=9", "shift=-1",
                      "shift=+1", "shift=2x", "shift=99999999999", "shift2", "Mirror", "mirror shift", "none,mirror",
                      "mirror,none"):
            _, result = self.train("bad", "--augment=" + words)
            self.assert_refused(result, 2, f"--augment {words}: give mirror, shift or shift=N", "none")

    def test_goes_on_to_the_byte(self):
        arguments = ("--batch-size", 50, "--augment", "mirror,shift=3")
        whole, result = self.train("whole", "--epochs", 3, *arguments, "--device-option", "threads=1")
        self.assert_code(result, 0)
        out, _ = self.train("parts", "--epochs", 1, *arguments)
        for more in ((), ("--augment=shift=3,mirror",)):
            result = run("sateen-train", "--data", self.data, "--resume", out, "--epochs", 3, *more)
            self.assert_code(result, 0)
            for name in ("best.sateen", "last.sateen"):
                self.assertEqual((out / name).read_bytes(), (whole / name).read_bytes(), name)

    def test_another_value_is_refused(self):
        for name, begun, trained in (("with", ("--augment", "mirror"), "mirror"), ("without", (), "none")):
            out, result = self.train(name, "--epochs", 1, "--batch-size", 60, "--model", "plain", *begun)
            self.assert_code(result, 0)
            files = {path.name: path.read_bytes() for path in out.iterdir()}
            result = run("sateen-train", "--data", self.data, "--resume", out, "--epochs", 2, "--augment", "shift")
            self.assert_refused(result, 2, "--augment shift=2", f"trained with {trained}; leave --augment out")
            self.assertEqual({path.name: path.read_bytes() for path in out.iterdir()}, files)


if __name__ == "__main__":
    unittest.main()

"""docs/tutorial.md, followed: every command, and whether what the page shows of it has the form of what is printed.

With a tenth of the epochs, on small data and on cpu; with SATEEN_TEST_LONG=1 to the letter, on the real data.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import page  # noqa: E402

LONG = bool(os.environ.get("SATEEN_TEST_LONG"))
TEXT = page.PAGE.read_text(encoding="utf-8")


class Rules(unittest.TestCase):
    """The rules by which lines are compared do find what is wrong."""

    def test_forms(self):
        self.assertEqual(page.form_of("epoch  7/20  loss 0.1380  acc 0.9480  60.5 s *"),
                         page.form_of("epoch 1/2  loss 1.4e-05  acc 1  1.4 s"))
        self.assertEqual(page.form_of("a/0-T-shirt_top.png: Ankle boot 9.1 %"), page.form_of("a/12-Bag.png: Shirt 90.0 %"))
        self.assertNotEqual(page.form_of("loss 0.1"), page.form_of("losses 0.1"))

    def test_differences(self):
        printed = ["a 1", "b 1", "b 2", "c 3"]
        for shown in (["a 9", "b 9", "c 9"], ["a 1", "b 1", "…", "b 20", "c 3"], ["…", "c 3"], ["a 1", "…"], ["…"]):
            self.assertEqual(page.difference(shown, printed), "", shown)
        for shown in (["a 1", "c 3"], ["a 1", "b 2"], ["b 1", "…"], ["a 1", "…", "d 1"], ["a 1", "…", "c 3", "d 1"],
                      ["…", "b 1"], []):
            self.assertNotEqual(page.difference(shown, printed), "", shown)
        self.assertEqual(page.difference(["a"], ["measuring which device trains faster: cpu", "a"]), "")

    def test_shortened(self):
        self.assertEqual(page.shortened("x --epochs 20 --out 20\nx --epochs 1\nx --epochs 40"),
                         "x --epochs 2 --out 20\nx --epochs 1\nx --epochs 4")

    def test_blocks(self):
        steps, code = page.read("```sh\na\n```\n\nwords\n\n```text\n1\n```\n```cpp\nx\n```\n")
        self.assertEqual(([(step.line, step.commands, step.shown) for step in steps], code),
                         ([(1, "a\n", ["1"])], ["x\n"]))
        for wrong in ("```text\n1\n```\n", "```python\n1\n```\n", "```sh\na\n```\n```text\n1\n```\n```text\n1\n```\n"):
            with self.assertRaises(ValueError):
                page.read(wrong)


class Page(unittest.TestCase):
    """What can be seen without running anything."""

    def test_code_is_that_of_the_example(self):
        def lines(text):
            return "\n".join(line.strip() for line in text.splitlines())
        example = lines((page.ROOT / "examples" / "own_network.cpp").read_text(encoding="utf-8"))
        parts = page.read(TEXT)[1]
        self.assertTrue(parts)
        for part in parts:
            self.assertIn(lines(part), example)

    def test_links_lead_somewhere(self):
        targets = page.links(TEXT)
        self.assertTrue(any(target.startswith("pictures/tutorial/") for target in targets))
        for target in targets:
            self.assertTrue((page.PAGE.parent / target).exists(), target)

    def test_pictures_are_small_and_used(self):
        for picture in (page.PAGE.parent / "pictures" / "tutorial").iterdir():
            self.assertLessEqual(picture.stat().st_size, 60_000, picture.name)
            self.assertIn(picture.name, TEXT)

    def test_the_quickstart_builds_what_is_run(self):
        """The page begins with it, and builds nothing else."""
        quickstart = (page.ROOT / "scripts" / "quickstart").read_text(encoding="utf-8")
        for program in sorted(set(re.findall(r"\bsateen-[a-z-]+", "".join(s.commands for s in page.read(TEXT)[0])))):
            self.assertRegex(quickstart, rf"--target .*{program}\b", program)


@unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
class Followed(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        """Runs all commands in one shell, in what looks like a clone that was just built."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sateen-tutorial-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.work = folder / "clone" / "out" / "tutorial"
        for link, target in (("build/release/bin", harness.BIN), ("docs", page.ROOT / "docs")):
            path = folder / "clone" / link
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        cls.stub(folder / "clone" / "scripts" / "quickstart")
        cls.steps = page.read(TEXT)[0]
        if LONG:
            data = harness.REAL_DATA
            # What is measured once is remembered, as on a user's machine.
            changes = {"SATEEN_BACKEND": None, "SATEEN_TUNE": None, "SATEEN_CACHE_DIR": str(folder / "cache")}
        else:
            data = folder / "data"
            harness.write_data(data)
            changes = {"SATEEN_DATA": str(data)}
        printed = folder / "printed"
        printed.mkdir()
        script = ["set -e", f"cd '{folder}/clone'"]
        for i, step in enumerate(cls.steps):
            commands = step.commands if LONG else page.shortened(step.commands)
            script.append(f"{{\n{commands}}} >'{printed}/{i}' 2>&1")
        result = subprocess.run(["bash", "-c", "\n".join(script)], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                encoding="utf-8", env=harness.environment(SATEEN_PLOTS=None, **changes))
        # Where a step failed, it is the last one that printed.
        cls.printed = [(printed / str(i)).read_text(encoding="utf-8").replace(str(data), str(harness.REAL_DATA))
                       for i in range(len(cls.steps)) if (printed / str(i)).exists()]
        if result.returncode != 0:
            step = cls.steps[len(cls.printed) - 1]
            raise AssertionError(f"line {step.line}: code {result.returncode}\n{step.commands}{cls.printed[-1]}{result.stderr}")

    @staticmethod
    def stub(path):
        """Stands for the script by which the programs that are tested were built."""
        path.parent.mkdir()
        path.write_text("#!/bin/sh\n", encoding="utf-8")
        path.chmod(0o755)

    def test_what_is_printed_has_the_form_that_is_shown(self):
        for step, printed in zip(self.steps, self.printed, strict=True):
            if step.shown is None:
                continue
            with self.subTest(line=step.line):
                self.assertEqual(page.difference(step.shown, printed.splitlines()), "", f"{step.commands}{printed}")

    def test_files_that_are_named_are_there(self):
        made = {path.name for path in self.work.iterdir() if path.is_dir()}
        named = [name for name in page.named_files(TEXT) if name.split("/")[0] in made]
        self.assertGreaterEqual(len(named), 5)
        for name in named:
            self.assertTrue((self.work / name).exists(), name)

    def rows(self, run):
        """Loss, accuracy, and those of the held-out images, of each epoch, as they stand in the file."""
        lines = (self.work / run / "history.csv").read_text(encoding="utf-8").splitlines()
        return [line.split(",")[1:5] for line in lines[1:]]

    def test_a_run_that_goes_on_is_the_run_that_never_stopped(self):
        self.assertEqual(self.rows("short"), self.rows("dropout")[:2])

    @unittest.skipUnless(LONG, "with SATEEN_TEST_LONG=1")
    def test_accuracies(self):
        """On the real data to the letter the conclusion holds: without dropout the gap is wide, with it it is closed."""
        accuracy, held_out = {}, {}
        for run in ("plain", "dropout"):
            _, accuracy[run], _, held_out[run] = map(float, self.rows(run)[-1])
        self.assertGreater(accuracy["plain"] - held_out["plain"], 0.05)
        self.assertLess(abs(accuracy["dropout"] - held_out["dropout"]), 0.02)
        self.assertGreater(held_out["dropout"], 0.915)


if __name__ == "__main__":
    unittest.main()

"""bench/results: which images are held out, and tables from finished runs."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench" / "results"))
import files  # noqa: E402
import page  # noqa: E402
import run as run_py  # noqa: E402
import sateen_run  # noqa: E402
import split  # noqa: E402

PAGE = ROOT / "docs" / "results.md"


def made_up(folder, name, accuracy, **changes):
    """A finished run of two epochs and two classes."""
    path = folder / name
    path.mkdir()
    scores = {"loss": 1 - accuracy, "accuracy": accuracy}
    at = {"epoch": 2, "device": "one", "train": scores, "test": scores}
    held_out = not name.startswith("recipe")
    if held_out:
        at["held_out"] = scores
    if not name.startswith("pytorch"):
        at |= {"labels": ["a", "b"], "confusion": [[3, 1], [0, 4]]}
    result = {"version": "V", "date": "2026-01-02", "machine": "M", "last": at, "options": f"--x --seed {name[-1]}"}
    if held_out:
        result["best"] = at | {"epoch": 1}
    else:
        at["mirrored"] = scores | {"device": "two"}
    (path / "result.json").write_text(json.dumps(result | changes), encoding="utf-8")
    rows = "epoch,loss,accuracy,val_loss,val_accuracy\n1,0.5,0.5,0.5,0.5\n2,0.4,0.6,0.5,0.5\n"
    (path / "history.csv").write_text(rows if held_out else rows.replace("0.5,0.5\n", ",\n"), encoding="utf-8")
    return path


class Split(unittest.TestCase):
    def test_is_the_librarys(self):
        """tests/unit/test_dataset.cpp has the same numbers."""
        self.assertEqual(split.split(12, 0.3, 1)[1], [1, 6, 9])
        held_out = split.split(60000, 0.2, 7)[1]
        self.assertEqual((held_out[:5], held_out[-3:]), ([0, 18, 20, 30, 34], [59987, 59990, 59997]))
        self.assertEqual(split.split(60000, 0.2, 2**40 + 3)[1][:5], [1, 16, 23, 40, 49])


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self):
        out = self.folder / "page"
        out.mkdir(exist_ok=True)
        page.write(page.runs_of(self.folder), PAGE, out)
        return (out / "results.md").read_text(encoding="utf-8"), out / "results"

    def test_means_deviations_and_standard_errors(self):
        for seed, (ours, theirs) in enumerate(((0.92, 0.90), (0.94, 0.90), (0.93, 0.93))):
            made_up(self.folder, f"sateen-plain-{seed}", ours)
            made_up(self.folder, f"pytorch-plain-{seed}", theirs)
        text, rows = self.write()
        # 0.93 ± 0.01 and 0.91 ± 0.01732 of three each: 0.02 / √(0.0001/3 + 0.0003/3) = 1.73.
        self.assertIn("| test accuracy |  | 0.9100 ± 0.0173 | 0.9300 ± 0.0100 | +0.0200 (+1.7) |", text)
        self.assertIn("| epoch |  | 1, 1, 1 | 1, 1, 1 |  |", text)
        self.assertIn("\n- V on one; machine: M; 2026-01-02\n", text)
        with open(rows / "runs.csv", encoding="utf-8", newline="") as file:
            self.assertEqual(len(list(csv.DictReader(file))), 12)

    def test_classes(self):
        for seed in range(2):
            made_up(self.folder, f"sateen-dropout-{seed}", 0.9)
        text, rows = self.write()
        self.assertIn("| b | 0.800 | 1.000 | 0.889 |", text)
        self.assertIn("| a | 75.0 | 25.0 |", text)
        self.assertIn("sateen,dropout,1,a,b,1\n", (rows / "confusion.csv").read_text(encoding="utf-8"))

    def test_recipe(self):
        made_up(self.folder, "recipe-0", 0.9)
        text, _ = self.write()
        self.assertIn("    sateen-train --x --backend opencl --seed 0 --out run\n", text)
        self.assertIn("- evaluated with `--mirror` on two\n", text)
        made_up(self.folder, "recipe-1", 0.9, options="--y --seed 1")
        with self.assertRaisesRegex(files.Failed, "different options: --x; --y"):
            self.write()

    def test_other_folders_are_passed_over(self):
        made_up(self.folder, "wide-0", 0.9)
        self.assertEqual(page.runs_of(self.folder), {})

    def test_broken_runs_are_named(self):
        path = made_up(self.folder, "sateen-plain-0", 0.9) / "result.json"
        whole = path.read_text(encoding="utf-8")
        for text in (whole[:-9], "[]", whole.replace('"machine"', '"place"'), whole.replace('"confusion"', '"taken"')):
            path.write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(files.Failed, "sateen-plain-0: no finished run, or one of an older form"):
                page.runs_of(self.folder)

    def test_a_run_of_something_else_is_not_gone_on_with(self):
        run = self.folder / "recipe-0"
        sateen_run.take_over(run, ["--epochs", "1"])
        sateen_run.take_over(run, ["--epochs", "1"])
        with self.assertRaisesRegex(files.Failed, "was trained with --epochs 1; move it away"):
            sateen_run.take_over(run, ["--epochs", "2"])

    def test_one_that_fails_keeps_no_other_from_its_turn(self):
        def fails():
            raise files.Failed("no")
        done = []
        self.assertEqual([run_py.run(job) for job in (("a", fails), ("b", lambda: done.append(1)))], [False, True])
        self.assertEqual(done, [1])

    def test_nothing_to_show_changes_nothing(self):
        before = PAGE.read_bytes()
        for docs in ([], ["--docs"]):
            command = [sys.executable, "-B", str(ROOT / "bench/results/run.py"), "--page-only", "--python", sys.executable]
            result = subprocess.run([*command, "--out", str(self.folder), *docs], capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stderr), (1, f"results: there is no finished run in {self.folder}\n"))
        self.assertEqual(PAGE.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()

"""sateen-train from data to files."""

import csv
import fcntl
import gzip
import os
import re
import resource
import struct
import subprocess
import unittest

import harness
from harness import ProgramTest, command, environment, run

COLUMNS = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr", "seconds", "images_per_second"]


def rows_of(out):
    with open(out / "history.csv", newline="", encoding="ascii") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    return reader.fieldnames, rows


def epoch_lines(result):
    return re.findall(r"^epoch .*$", result.stderr, re.MULTILINE)


class Files(ProgramTest):
    def test_same_seed_same_bytes(self):
        one, first = self.train("one", "--epochs", "2", "--seed", "5", "--device-option", "threads=1")
        two, second = self.train("two", "--epochs", "2", "--seed", "5", "--device-option", "threads=2")
        other, third = self.train("other", "--epochs", "1", "--seed", "6")
        for result in (first, second, third):
            self.assert_code(result, 0)
        for name in ("best.sateen", "last.sateen"):
            self.assertEqual((one / name).read_bytes(), (two / name).read_bytes())
        self.assertNotEqual((one / "best.sateen").read_bytes(), (other / "best.sateen").read_bytes())
        steady = [[{k: v for k, v in row.items() if k not in COLUMNS[6:]} for row in rows_of(out)[1]]
                  for out in (one, two)]
        self.assertEqual(*steady)
        self.assertEqual(sorted(path.name for path in one.iterdir()),
                         ["best.sateen", "history.csv", "last.sateen", "previous.sateen"])

    def test_history(self):
        out, result = self.train("history", "--epochs", "2", "--lr", "0.002", "--batch-size", "48", "--model", "plain")
        self.assert_code(result, 0)
        columns, rows = rows_of(out)
        self.assertEqual(columns, COLUMNS)
        self.assertEqual([row["epoch"] for row in rows], ["1", "2"])
        for row in rows:
            numbers = {key: float(value) for key, value in row.items()}
            self.assertTrue(0 <= numbers["accuracy"] <= 1 and 0 <= numbers["val_accuracy"] <= 1)
            self.assertTrue(numbers["loss"] > 0 and numbers["val_loss"] > 0)
            self.assertEqual(row["lr"], "0.002")
            self.assertTrue(numbers["seconds"] > 0 and numbers["images_per_second"] > 0)
        # 120 of 600 are held out: accuracies are multiples of 1/480 and 1/120.
        for column, images in (("accuracy", 480), ("val_accuracy", 120)):
            correct = float(rows[-1][column]) * images
            self.assertAlmostEqual(correct, round(correct), places=4)

    def test_best_is_the_epoch_marked_last(self):
        out, result = self.train("best", "--epochs", "3", "--model", "plain")
        self.assert_code(result, 0)
        losses = [float(row["val_loss"]) for row in rows_of(out)[1]]
        best = losses.index(min(losses))
        marked = [line.endswith(" *") for line in epoch_lines(result)]
        self.assertEqual(len(marked) - 1 - marked[::-1].index(True), best)
        until_then, result = self.train("best-until", "--epochs", best + 1, "--model", "plain")
        self.assert_code(result, 0)
        self.assertEqual((out / "best.sateen").read_bytes(), (until_then / "best.sateen").read_bytes())

    def test_nothing_held_out(self):
        out, result = self.train("all", "--epochs", "1", "--val-split", "0")
        self.assert_code(result, 0)
        row = rows_of(out)[1][0]
        self.assertEqual((row["val_loss"], row["val_accuracy"]), ("", ""))
        self.assertNotIn("val_", epoch_lines(result)[0])
        self.assertIn("600 images: 600 to train on, 0 held out", result.stderr)
        self.assertTrue((out / "best.sateen").exists())

    def test_earlier_files(self):
        out, first = self.train("again", "--epochs", "1")
        self.assert_code(first, 0)
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        _, second = self.train("again", "--epochs", "1", "--seed", "9")
        self.assert_refused(second, 2, "isn't empty", "--resume", "--overwrite")
        self.assertEqual({path.name: path.read_bytes() for path in out.iterdir()}, before)
        (out / "notes.txt").write_text("mine")
        _, third = self.train("again", "--epochs", "1", "--seed", "9", "--overwrite")
        self.assert_code(third, 0)
        self.assertNotEqual((out / "best.sateen").read_bytes(), before["best.sateen"])
        self.assertEqual(len(rows_of(out)[1]), 1)
        self.assertEqual((out / "notes.txt").read_text(), "mine")

    def test_what_a_run_left_that_was_killed_at_once(self):
        out = self.folder / "killed"
        out.mkdir()
        for name in (".sateen-check", ".last.sateen.sateen-0123abcd.tmp"):
            (out / name).touch()
        (out / "history.csv").touch()
        _, result = self.train("killed", "--epochs", "1")
        self.assert_refused(result, 2, "isn't empty", "no run to go on with", "--overwrite")
        (out / "history.csv").unlink()
        self.assert_code(self.train("killed", "--epochs", "1")[1], 0)
        self.assertEqual([path.name for path in out.iterdir() if path.name.startswith(".")], [])

    def test_overwrite_of_nothing(self):
        (self.folder / "empty").mkdir()
        for name in ("empty", "none"):
            self.assert_code(self.train(name, "--epochs", "1", "--overwrite")[1], 0)

    def test_closed_streams(self):
        # Messages must not end up in the first files that are opened instead.
        out = self.folder / "closed"
        program = command("sateen-train", "--data", self.data, "--out", out, "--epochs", "1")
        result = subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *program], stdin=subprocess.DEVNULL,
                                check=False, env=environment())
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len((out / "history.csv").read_text(encoding="ascii").splitlines()), 2)


class Messages(ProgramTest):
    def test_start_and_epoch_lines(self):
        for model in ("plain", "dropout"):
            out, result = self.train("words-" + model, "--epochs", "1", "--model", model)
            self.assert_code(result, 0)
            self.assertEqual(result.stdout, "")
            self.assertRegex(result.stderr, r"(?m)^device    cpu, ")
            self.assertIn(f"{self.data}, 600 images: 480 to train on, 120 held out", result.stderr)
            self.assertIn(f"{model}, 356,234 parameters", result.stderr)
            self.assertIn("1 epoch of 8 steps, batch size 64, learning rate 0.001, seed 0", result.stderr)
            lines = epoch_lines(result)
            self.assertEqual(len(lines), 1)
            self.assertRegex(lines[0], r"^epoch 1/1  loss \d+\.\d{4}  acc [01]\.\d{4}  val_loss \d+\.\d{4}  "
                                       r"val_acc [01]\.\d{4}  \d+(\.\d)? s \*$")
            self.assertIn(f"done: {out}/best.sateen is the best model, of epoch 1", result.stderr)
            self.assertIn("not the real Fashion-MNIST", result.stderr.replace("\n", " "))

    def test_deep_network_goes_on_to_the_byte(self):
        whole, result = self.train("deep", "--epochs", "2", "--model", "deep")
        self.assert_code(result, 0)
        self.assertIn("deep, 746,954 parameters", result.stderr)
        out, _ = self.train("parts", "--epochs", "1", "--model", "deep")
        self.assert_code(run("sateen-train", "--data", self.data, "--resume", out, "--epochs", "2"), 0)
        for name in ("best.sateen", "last.sateen"):
            self.assertEqual((out / name).read_bytes(), (whole / name).read_bytes(), name)
        told = run("sateen-info", out / "best.sateen").stdout
        self.assertIn("746,954 parameters, 1,600 of them not trained", told)
        self.assertRegex(told, r"norm1 +batch_norm +28x28x32 +128 +epsilon=0\.001")

    def test_progress_none(self):
        _, result = self.train("quiet", "--epochs", "1", "--progress", "none")
        self.assert_code(result, 0)
        self.assertEqual((result.stdout, epoch_lines(result)), ("", []))
        self.assertRegex(result.stderr, r"(?m)^device    cpu, ")

    def test_locale_changes_nothing(self):
        out, result = self.train("locale", "--epochs", "1", "--lr", "0.5e-3", env=environment(LC_ALL="de_DE.UTF-8"))
        self.assert_code(result, 0)
        self.assertEqual(rows_of(out)[1][0]["lr"], "0.0005")

    @unittest.skipIf(harness.SANITIZED, "too slow with sanitizers")
    def test_learns(self):
        out, result = self.train("learns", "--epochs", "4", "--batch-size", "16", "--model", "dropout")
        self.assert_code(result, 0)
        rows = rows_of(out)[1]
        self.assertGreaterEqual(float(rows[-1]["val_accuracy"]), 0.95)
        self.assertLess(float(rows[-1]["loss"]), float(rows[0]["loss"]))

    def test_divergence(self):
        out, result = self.train("diverged", "--epochs", "3", "--lr", "1e30", "--model", "plain")
        self.assert_refused(result, 6, "epoch 1", "step", "--lr is 1e+30", "no epoch was finished")
        self.assertEqual(sorted(path.name for path in out.iterdir()), ["history.csv", "last.sateen"])


class Refusals(ProgramTest):
    def test_batch_above_the_data(self):
        _, result = self.train("batch", "--batch-size", "481")
        self.assert_refused(result, 2, "--batch-size 481", "images to train on: 480")
        self.assertFalse((self.folder / "batch").exists())
        _, result = self.train("batch", "--batch-size", "480", "--epochs", "1")
        self.assert_code(result, 0)

    def test_output_that_cannot_be_written(self):
        file = self.folder / "file"
        file.write_text("mine")
        for out in (file, file / "below", "/proc/nowhere", "/dev/null"):
            with self.subTest(out=out):
                result = run("sateen-train", "--data", self.data, "--out", out)
                self.assert_refused(result, 5, str(out), "--out")
                self.assertEqual(epoch_lines(result), [])
        self.assertEqual(file.read_text(), "mine")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_read_only_folder(self):
        out = self.folder / "read-only"
        out.mkdir(mode=0o555)
        self.assert_refused(run("sateen-train", "--data", self.data, "--out", out), 5, str(out), "--out")

    def test_a_folder_in_place_of_a_file(self):
        out = self.folder / "in-place"
        (out / "best.sateen").mkdir(parents=True)
        _, result = self.train(out.name, "--overwrite")
        self.assert_refused(result, 5, "best.sateen", "is a folder")

    def test_targets_that_cannot_be_replaced(self):
        for name in ("best.sateen", "last.sateen", "previous.sateen", "history.csv"):
            for kind in ("pipe", "loop", "dangling"):
                out = self.folder / f"target-{name}-{kind}"
                out.mkdir()
                if kind == "pipe":
                    os.mkfifo(out / name)
                else:
                    (out / name).symlink_to(name if kind == "loop" else "nowhere/file")
                _, result = self.train(out.name, "--epochs", 1, "--overwrite")
                self.assert_refused(result, 5, name)
                self.assertNotIn("epoch 1/1", result.stderr)

    def test_limit_on_file_sizes(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        out, result = self.train("file-limit", "--epochs", 1, preexec_fn=limit)
        self.assert_refused(result, 5, "last.sateen", "ulimit -f")
        self.assertFalse(out.exists())

    def test_a_device_in_place_of_a_file(self):
        out = self.folder / "device-file"
        out.mkdir()
        (out / "history.csv").symlink_to("/dev/full")
        self.assert_refused(self.train(out.name, "--overwrite")[1], 5, "history.csv", "not a regular file")

    def test_two_runs_into_one_folder(self):
        out = self.folder / "shared"
        out.mkdir()
        descriptor = os.open(out, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        result = run("sateen-train", "--data", self.data, "--out", out)
        os.close(descriptor)
        self.assert_refused(result, 5, str(out), "another run")

    def test_devices(self):
        _, result = self.train("device", "--backend", "abacus")
        self.assert_refused(result, 4, "abacus", "cpu")
        _, result = self.train("device", "--device", "cpu:77")
        self.assert_refused(result, 4, "cpu:77")
        _, result = self.train("device", "--backend-path", self.folder / "none.so")
        self.assert_refused(result, 4, "none.so")
        _, result = self.train("device", "--device-option", "frobnicate=1")
        self.assert_refused(result, 2, "frobnicate")


class Data(ProgramTest):
    def broken(self, name, **files):
        """A copy of the data set in which some files have other bytes, or are missing."""
        folder = self.folder / ("data-" + name)
        folder.mkdir()
        for path in self.data.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        for part, content in files.items():
            path = folder / {"images": "train-images-idx3-ubyte.gz", "labels": "train-labels-idx1-ubyte.gz"}[part]
            path.unlink()
            if content is not None:
                path.write_bytes(content)
        return run("sateen-train", "--data", folder, "--out", self.folder / ("out-" + name))

    def test_missing(self):
        result = run("sateen-train", "--data", self.folder / "nowhere", "--out", self.folder / "out-missing")
        self.assert_refused(result, 3, "nowhere", "dataset-fashion-mnist")
        self.assert_refused(self.broken("absent", labels=None), 3, "train-labels", "dataset-fashion-mnist")
        self.assertFalse((self.folder / "out-absent").exists())

    def test_damaged(self):
        images = (self.data / "train-images-idx3-ubyte.gz").read_bytes()
        labels = (self.data / "train-labels-idx1-ubyte.gz").read_bytes()
        plain = gzip.decompress(labels)
        self.assert_refused(self.broken("swapped", images=labels, labels=images), 3, "train-images")
        self.assert_refused(self.broken("cut", images=images[:-100]), 3, "train-images")
        self.assert_refused(self.broken("empty", labels=b""), 3, "train-labels")
        self.assert_refused(self.broken("label", labels=gzip.compress(plain[:-1] + b"\x0a")), 3, "label")
        fewer = struct.pack(">II", 0x801, 599) + plain[8:-1]
        self.assert_refused(self.broken("fewer", labels=gzip.compress(fewer)), 3, "599", "600")
        huge = struct.pack(">II", 0x801, 2**32 - 1) + plain[8:]
        self.assert_refused(self.broken("huge", labels=gzip.compress(huge)), 3, "train-labels")

    def test_folder_from_the_environment(self):
        out = self.folder / "environment"
        result = run("sateen-train", "--out", out, "--epochs", "1", env=environment(SATEEN_DATA=str(self.data)))
        self.assert_code(result, 0)
        self.assertIn(str(self.data), result.stderr)
        result = run("sateen-train", "--overwrite", "--out", out, "--data", self.folder / "flag",
                     env=environment(SATEEN_DATA=str(self.data)))
        self.assert_refused(result, 3, "flag")


if __name__ == "__main__":
    unittest.main()

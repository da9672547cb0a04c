"""Checkpoints: a training that was stopped goes on as if it never had been, or is refused."""

import csv
import fcntl
import gzip
import json
import os
import shutil
import signal
import struct
import subprocess
import time
import unittest

import harness
from harness import ProgramTest, command, environment, run

TIMES = ("seconds", "images_per_second")


def history_of(out):
    """The rows without what a clock has measured."""
    with open(out / "history.csv", newline="", encoding="ascii") as file:
        return [{key: value for key, value in row.items() if key not in TIMES} for row in csv.DictReader(file)]


class ResumeTest(ProgramTest):
    def assert_same_run(self, out, reference):
        self.assertEqual(history_of(out), history_of(reference))
        for name in ("best.sateen", "last.sateen"):
            self.assertEqual((out / name).read_bytes(), (reference / name).read_bytes(), name)

    def resume(self, out, *arguments):
        return run("sateen-train", "--data", self.data, "--resume", out, *arguments)


class Exact(ResumeTest):
    def test_between_epochs(self):
        whole, result = self.train("whole", "--epochs", 4, "--batch-size", 50)
        self.assert_code(result, 0)
        out, _ = self.train("parts", "--epochs", 1, "--batch-size", 50)
        times = (out / "history.csv").read_text(encoding="ascii").splitlines()[1]
        for epochs in (2, 4):
            self.assert_code(self.resume(out, "--epochs", epochs), 0)
        self.assert_same_run(out, whole)
        # Times of earlier epochs stay too.
        self.assertEqual((out / "history.csv").read_text(encoding="ascii").splitlines()[1], times)

    def test_within_an_epoch(self):
        # One step a chunk at first, so that the signal comes between two of them.
        arguments = ("--epochs", 3, "--batch-size", 4, "--model", "plain")
        whole, result = self.train("whole-within", *arguments)
        self.assert_code(result, 0)
        out = self.folder / "within"
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            more = ("--resume",) if out.exists() else ()
            process = subprocess.Popen(command("sateen-train", "--data", self.data, "--out", out, *arguments, *more),
                                       stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment())
            for line in process.stderr:
                if line.startswith("resume" if more else "training"):
                    break
            time.sleep(0.05)
            process.send_signal(number)
            _, stderr = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 128 + number, stderr)
            self.assertIn(f"--resume {out}", stderr)
        self.assert_code(run("sateen-train", "--data", self.data, "--out", out, "--resume"), 0)
        self.assert_same_run(out, whole)

    def test_saved_within_epochs(self):
        arguments = ("--epochs", 2, "--batch-size", 4)
        whole, _ = self.train("whole-interval", *arguments)
        out, result = self.train("interval", *arguments, "--save-interval", "0.0001")
        self.assert_code(result, 0)
        self.assert_same_run(out, whole)
        # The checkpoint before the last one is within the last epoch, or at the end of the first.
        shutil.copy(out / "previous.sateen", out / "last.sateen")
        self.assert_code(self.resume(out), 0)
        self.assert_same_run(out, whole)

    def test_saved_every_second_epoch(self):
        whole, _ = self.train("whole-every", "--epochs", 5, "--batch-size", 60)
        out, result = self.train("every", "--epochs", 5, "--batch-size", 60, "--save-every", 2)
        self.assert_code(result, 0)
        self.assert_same_run(out, whole)
        # previous.sateen is of epoch 4: best.sateen and history.csv go back with it.
        shutil.copy(out / "previous.sateen", out / "last.sateen")
        result = self.resume(out)
        self.assert_code(result, 0)
        self.assertRegex(result.stderr, "goes on after epoch [34]")
        self.assert_same_run(out, whole)

    def test_what_a_hard_end_leaves_is_mended(self):
        out, _ = self.train("hard", "--epochs", 2, "--batch-size", 60)
        reference = self.folder / "hard-reference"
        shutil.copytree(out, reference)
        (out / "best.sateen").write_bytes(b"damaged")
        with open(out / "history.csv", "a", encoding="ascii") as file:
            file.write("3,0.1,")
        (out / ".last.sateen.sateen-0123abcd.tmp").write_bytes(b"left over")
        (out / ".previous.sateen.sateen-0123abcd.tmp").hardlink_to(out / "previous.sateen")
        result = self.resume(out)
        self.assert_code(result, 0)
        self.assert_same_run(out, reference)
        self.assert_code(self.resume(out, "--epochs", 3), 0)
        self.assertEqual(sorted(path.name for path in out.iterdir()),
                         ["best.sateen", "history.csv", "last.sateen", "previous.sateen"])


class Settings(ResumeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.out = cls.folder / "run"
        result = run("sateen-train", "--data", cls.data, "--out", cls.out, "--epochs", 2, "--batch-size", 60,
                     "--seed", 3, "--model", "plain", "--val-split", "0.1")
        assert result.returncode == 0, result.stderr
        cls.files = {path.name: path.read_bytes() for path in cls.out.iterdir()}

    def assert_refused_and_kept(self, result, code, *fragments):
        self.assert_refused(result, code, *fragments)
        self.assertEqual({path.name: path.read_bytes() for path in self.out.iterdir()}, self.files)

    def test_what_differs_is_named(self):
        for option, value, trained in (("--model", "dropout", "plain"), ("--batch-size", "64", "60"),
                                       ("--seed", "4", "3"), ("--val-split", "0.2", "0.1")):
            result = self.resume(self.out, "--epochs", 3, option, value)
            self.assert_refused_and_kept(result, 2, f"{option} {value}", f"trained with {trained}", "last.sateen")

    def test_another_data_set(self):
        other = self.folder / "other-data"
        shutil.copytree(self.data, other)
        labels = gzip.decompress((other / "train-labels-idx1-ubyte.gz").read_bytes())
        (other / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels[:-1] + b"\0"))
        result = run("sateen-train", "--data", other, "--resume", self.out, "--epochs", 3)
        self.assert_refused_and_kept(result, 2, str(other), "another data set", "--data")

    def test_a_finished_run(self):
        for arguments in ((), ("--epochs", 2), ("--batch-size", 60, "--seed", 3, "--model", "plain")):
            result = self.resume(self.out, *arguments)
            self.assert_code(result, 0)
            self.assertIn("has ended before, after 2 epochs; ", result.stderr)
            self.assertIn("best.sateen is the best model", result.stderr)
            self.assertEqual({path.name: path.read_bytes() for path in self.out.iterdir()}, self.files)

    def test_another_learning_rate(self):
        out = self.folder / "rate"
        shutil.copytree(self.out, out)
        result = self.resume(out, "--epochs", 3, "--lr", "0.0005")
        self.assert_code(result, 0)
        self.assertIn("--lr: 0.0005, was 0.001", result.stderr)
        self.assertEqual([row["lr"] for row in history_of(out)], ["0.001", "0.001", "0.0005"])

    def test_options(self):
        self.assert_refused(run("sateen-train", "--resume"), 2, "sateen-train --resume run1")
        self.assert_refused(run("sateen-train", "--resume", "x", "--out", "y"), 2, "--resume x", "--out y")
        self.assert_refused(run("sateen-train", "--resume", "x", "--overwrite"), 2, "--overwrite")
        result = run("sateen-train", "--data", self.data, "--out", self.out, "--resume", "--epochs", 2)
        self.assert_code(result, 0)
        result = run("sateen-train", "--data", self.data, "--out", self.out, "--resume=" + str(self.out))
        self.assert_code(result, 0)
        for option, value in (("--save-every", "0"), ("--save-every", "x"), ("--save-interval", "0"),
                              ("--save-interval", "nan"), ("--save-interval", "-1"), ("--save-interval", "inf")):
            self.assert_refused(self.train("none", option, value)[1], 2, option, value)


    def test_a_finished_run_is_not_written_to(self):
        before = {path.name: path.stat().st_ino for path in self.out.iterdir()}
        self.assert_code(self.resume(self.out, "--lr", "0.001"), 0)
        self.assertEqual({path.name: path.stat().st_ino for path in self.out.iterdir()}, before)

    def test_what_is_given_stays(self):
        # Killed before its first epoch ends.
        out = self.folder / "stays"
        shutil.copytree(self.out, out)
        process = subprocess.Popen(command("sateen-train", "--data", self.data, "--resume", out, "--epochs", "100000",
                                           "--lr", "0.0005"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env=environment())
        for line in process.stderr:
            if line.startswith("resume    " + str(out)):
                break
        process.kill()
        process.communicate()
        shown = json.loads(run("sateen-info", "--json", out / "last.sateen").stdout)["training"]
        self.assertEqual((shown["epochs"], shown["adam"]["learning_rate"]), (100000, 0.0005))
        self.assert_code(self.resume(out, "--epochs", shown["epoch"] + 1), 0)

    def test_a_file_of_options(self):
        # What the command line says of the folder goes before the file.
        file = self.folder / "run.ini"
        file.write_text(f"out = {self.folder / 'elsewhere'}\noverwrite = true\n", encoding="utf-8")
        self.assert_code(self.resume(self.out, "--config", file), 0)
        file.write_text(f"resume = {self.folder / 'elsewhere'}\n", encoding="utf-8")
        out, result = self.train("by-file", "--config", file, "--epochs", 1, "--batch-size", 100)
        self.assert_code(result, 0)
        self.assertTrue((out / "best.sateen").exists())
        self.assertFalse((self.folder / "elsewhere").exists())


class Files(ResumeTest):
    def test_nothing_to_go_on_from(self):
        for name in ("missing", "empty"):
            out = self.folder / name
            if name == "empty":
                out.mkdir()
            self.assert_refused(self.resume(out), 3, str(out), "no run to go on with")
            self.assertEqual(out.exists(), name == "empty")

    def test_a_model_is_no_checkpoint(self):
        out, _ = self.train("model", "--epochs", 1, "--batch-size", 100)
        shutil.copy(out / "best.sateen", out / "last.sateen")
        self.assert_refused(self.resume(out), 3, "last.sateen", "is a model, not a checkpoint")

    def test_damage_is_refused(self):
        out, _ = self.train("damaged", "--epochs", 1, "--batch-size", 100)
        whole = (out / "last.sateen").read_bytes()
        header = struct.unpack_from("<Q", whole, 24)[0]
        for at in (70, header + 5, len(whole) // 2, len(whole) - 1):
            damaged = bytearray(whole)
            damaged[at] ^= 4
            (out / "last.sateen").write_bytes(damaged)
            self.assert_refused(self.resume(out, "--epochs", 2), 3, "last.sateen", "damaged",
                                f"of epoch 0, is whole: to go on from there, copy {out}/previous.sateen over it")
        previous = (out / "previous.sateen").read_bytes()
        (out / "previous.sateen").write_bytes(previous[:-1])
        self.assertNotIn("previous", self.resume(out).stderr)
        (out / "previous.sateen").write_bytes(previous)
        (out / "last.sateen").unlink()
        self.assert_refused(self.resume(out), 3, "last.sateen", f"copy {out}/previous.sateen to that name")
        (out / "last.sateen").write_bytes(whole)
        self.assert_code(self.resume(out), 0)

    def test_another_run_is_at_work(self):
        out, _ = self.train("busy", "--epochs", 1, "--batch-size", 100)
        descriptor = os.open(out, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self.assert_refused(self.resume(out), 5, "another run")
        os.close(descriptor)
        self.assert_code(self.resume(out), 0)

    def test_a_folder_that_is_moved_away(self):
        out = self.folder / "moved"
        process = subprocess.Popen(command("sateen-train", "--data", self.data, "--out", out, "--epochs", "100000",
                                           "--batch-size", "100"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True, env=environment())
        for line in process.stderr:
            if line.startswith("epoch"):
                break
        out.rename(self.folder / "moved-away")
        other, result = self.train("moved", "--epochs", 1, "--batch-size", 100, "--seed", 9)
        self.assert_code(result, 0)
        files = {path.name: path.read_bytes() for path in other.iterdir()}
        _, stderr = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 5, stderr)
        self.assertIn("the folder was moved or replaced", stderr)
        self.assertEqual({path.name: path.read_bytes() for path in other.iterdir()}, files)
        self.assert_code(run("sateen-info", "verify", self.folder / "moved-away" / "last.sateen"), 0)

    def test_links_to_other_folders(self):
        out, _ = self.train("linked", "--epochs", 1, "--batch-size", 100)
        other = self.folder / "linking"
        other.mkdir()
        (other / "last.sateen").symlink_to(out / "last.sateen")
        self.assert_refused(self.resume(other, "--epochs", 2), 5, "last.sateen", "is a symbolic link")
        self.assertEqual([path.name for path in other.iterdir()], ["last.sateen"])

    def test_a_file_in_place_of_a_folder(self):
        out, _ = self.train("file", "--epochs", 1, "--batch-size", 100)
        self.assert_refused(self.resume(out / "last.sateen"), 3, "--resume takes the folder of a run")

    def test_a_checkpoint_predicts(self):
        out, _ = self.train("predicts", "--epochs", 1, "--batch-size", 100)
        picture = self.folder / "picture.png"
        harness.write_png(picture, harness.picture(1, 1), harness.SIDE, harness.SIDE)
        last, best = (run("sateen-predict", "-m", out / name, picture) for name in ("last.sateen", "best.sateen"))
        self.assert_code(last, 0)
        self.assertEqual(last.stdout, best.stdout)

    def test_divergence_keeps_the_best_wherever_it_was_saved(self):
        # The loss stays finite for some epochs while Adam's mean of squares does not.
        out, result = self.train("diverges-late", "--epochs", 30, "--batch-size", 300, "--val-split", 0, "--lr", "1e4",
                                 "--save-every", 20)
        self.assert_refused(result, 6, "try a lower learning rate")
        verify = run("sateen-info", "verify", *out.glob("*.sateen"))
        self.assert_code(verify, 0)
        self.assertEqual("best model, of epoch" in result.stderr, (out / "best.sateen").exists())

    def test_divergence_keeps_the_checkpoint(self):
        out, _ = self.train("diverges", "--epochs", 1, "--batch-size", 100)
        before = {name: (out / name).read_bytes() for name in ("last.sateen", "best.sateen", "previous.sateen")}
        result = self.resume(out, "--epochs", 3, "--lr", "1e30", "--save-interval", "0.000001")
        self.assert_refused(result, 6, "epoch 2", "try a lower learning rate", "is the best model, of epoch 1")
        after = {name: (out / name).read_bytes() for name in before}
        self.assertEqual(after["best.sateen"], before["best.sateen"])
        self.assertEqual(json.loads(run("sateen-info", "--json", out / "last.sateen").stdout)["training"]["epoch"], 1)
        self.assert_code(self.resume(out, "--epochs", 2, "--lr", "0.001"), 0)


if __name__ == "__main__":
    unittest.main()

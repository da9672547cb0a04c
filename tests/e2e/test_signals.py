"""Signals while sateen-train works: the model is saved, the exit code says which one it was."""

import signal
import subprocess
import time
import unittest

from harness import SIDE, ProgramTest, command, driver_environment, environment, listed_devices, picture, run, write_png


class Signals(ProgramTest):
    def start(self, name, *arguments, env=None, **options):
        """A training far longer than the test, read up to its first line that begins with `training`."""
        out = self.folder / name
        process = subprocess.Popen(
            command("sateen-train", "--data", self.data, "--out", out, "--epochs", "100000", *arguments),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=env or environment(), **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.read_until(process, "training")
        return out, process

    def read_until(self, process, beginning):
        for line in process.stderr:
            if line.startswith(beginning):
                return line
        self.fail(f"ended with {process.wait()} before a line that begins with {beginning}")

    def assert_loads(self, model):
        file = self.folder / "picture.png"
        write_png(file, picture(1, 1), SIDE, SIDE)
        result = run("sateen-predict", "-m", model, file)
        self.assert_code(result, 0)

    def test_in_the_first_epoch(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            out, process = self.start(number.name, "--batch-size", "4", "--val-split", "0")
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 128 + number, stderr)
            self.assertEqual(stdout, "")
            self.assertIn(f"sateen-train: warning: stopped by {number.name} in epoch 1: {out}/last.sateen has", stderr)
            self.assertIn("no epoch was finished", stderr)
            self.assertFalse((out / "best.sateen").exists())
            self.assert_loads(out / "last.sateen")

    def test_after_an_epoch(self):
        out, process = self.start("later")
        self.read_until(process, "epoch")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertIn(f"{out}/best.sateen is the best model, of epoch ", stderr)
        self.assert_loads(out / "best.sateen")
        self.assert_loads(out / "last.sateen")
        self.assertGreaterEqual(len((out / "history.csv").read_text().splitlines()), 2)

    def test_a_second_one_leaves_at_once(self):
        _, process = self.start("twice", "--batch-size", "600", "--val-split", "0")
        process.send_signal(signal.SIGINT)
        self.read_until(process, "stopping")
        # Held, so that the steps in flight are still at work when the second signal comes.
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.4)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        _, stderr = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 143, stderr)
        self.assertNotIn("stopped by", stderr)

    def test_two_at_once_are_one(self):
        # As timeout(1) sends them: to the process, and to its group.
        out, process = self.start("double", "--batch-size", "4", "--val-split", "0")
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        _, stderr = process.communicate(timeout=120)
        self.assertIn(process.returncode, (130, 143), stderr)
        self.assertIn("stopped by", stderr)
        self.assert_loads(out / "last.sateen")

    def test_an_ignored_one_stays_ignored(self):
        self.check_ignored("cpu")

    @unittest.skipIf(not any(d["backend"] == "opencl" for d in listed_devices()), "there is no OpenCL device")
    def test_drivers_take_no_signals(self):
        self.check_ignored("opencl")
        self.check_ignored("auto")

    def check_ignored(self, backend):
        out, process = self.start("nohup-" + backend, "--backend", backend, env=driver_environment(),
                                  preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        self.read_until(process, "epoch")
        self.read_until(process, "epoch")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertTrue((out / "best.sateen").exists())

    def test_nobody_reads_the_messages(self):
        out, process = self.start("unread")
        process.stderr.close()
        history = out / "history.csv"
        while len(history.read_text().splitlines()) < 4:
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)
        self.assertEqual(process.returncode, 143)


if __name__ == "__main__":
    unittest.main()

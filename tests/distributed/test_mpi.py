"""Ranks over MPI: they train as one process does, and what becomes of a run when one of them dies."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import ranks
from ranks import harness
from harness import ProgramTest


class Mpi(ProgramTest):
    def arguments(self, name, *more):
        return ["--data", self.data, "--out", self.folder / name, *more]

    def train_ranks(self, name, count, *more, **changes):
        return ranks.run_ranks(ranks.mpirun_command(count, *self.arguments(name, *ranks.SMALL, *more)), **changes)

    def file(self, name, which="last.sateen"):
        return self.folder / name / which


class Agreement(Mpi):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        result = cls().train("alone", *ranks.SMALL)[1]
        if result.returncode != 0:
            raise AssertionError(result.stderr)

    def assert_close(self, name, bound):
        self.assertLess(ranks.apart(self.file("alone", "best.sateen"), self.file(name, "best.sateen")), bound)

    def test_two_and_four_ranks(self):
        for name, count in [("two", 2), ("four", 4)]:
            result = self.train_ranks(name, count)
            self.assert_code(result, 0)
            self.assertIn(f"ranks     {count}, ", result.stderr)
            self.assertRegex(result.stderr, rf"\n {{10}}ranks 0 (and|to) {count - 1} on .*: cpu, ")
            self.assertEqual(result.stderr.count("epoch 1/1"), 1)
            self.assert_close(name, 2e-5)
        # As many ranks give the same bytes, whatever carries the messages.
        self.assert_code(self.train("threads", *ranks.SMALL, "--device", "cpu,cpu")[1], 0)
        self.assertEqual(self.file("two").read_bytes(), self.file("threads").read_bytes())

    def test_mpis_own_sum_and_halves(self):
        result = self.train_ranks("sum", 3, "--reduce", "allreduce")
        self.assert_code(result, 0)
        self.assertIn("gradients summed by MPI", result.stderr)
        self.assert_close("sum", 2e-5)
        result = self.train_ranks("half", 2, "--wire", "half")
        self.assert_code(result, 0)
        self.assertIn("as halves on the way", result.stderr)
        self.assert_close("half", 2e-2)


class Differences(Mpi):
    def two(self, name, one, other):
        """Two ranks with options of their own."""
        program = os.fsdecode(harness.BIN / "sateen-train")
        command = [os.environ["SATEEN_TEST_MPIRUN"]]
        for i, more in enumerate([one, other]):
            command += [":"] * i + ["-np", "1", program, "--distributed", "--out", str(self.folder / name), *more]
        return ranks.run_ranks(command)

    def assert_names(self, result, codes, *fragments):
        """mpirun's code is that of the rank which ended first."""
        self.assertIn(result.returncode, codes, result.stderr)
        self.assertTrue(any(all(fragment in line for fragment in fragments) for line in self.error_lines(result)),
                        result.stderr)

    def test_other_data_and_options_are_refused(self):
        other = self.folder / "other"
        harness.write_data(other, images=580)
        self.assert_names(self.two("differs", ["--data", str(self.data)], ["--data", str(other)]), [2],
                          "rank 1 on ", ": its data set is ", "rank 0's is ")
        same = ["--data", str(self.data)]
        self.assert_names(self.two("none", same, ["--data", str(self.folder / "nowhere")]), [1, 3], "rank 1 on ", "nowhere")
        # What rank 0 alone finds ends all of them.
        (self.folder / "full").mkdir()
        (self.folder / "full/file").write_text("")
        self.assert_names(self.two("full", same, same), [1, 2], "full")

    def test_one_of_many_that_sees_itself_alone(self):
        """As with another MPI's mpirun, or an srun that doesn't speak to this one."""
        several = harness.environment(**ranks.MPI, PMI_SIZE="4")
        self.assert_refused(self.train("alone", "--distributed", env=several)[1], 2, "4 processes were started")
        result = self.train("one", *ranks.SMALL, env=several)[1]
        self.assert_code(result, 0)
        self.assertIn("this is one of 4 processes", result.stderr)

    def test_without_the_part_for_mpi(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(harness.BIN / "sateen-train", folder)
            result = subprocess.run([f"{folder}/sateen-train", "--distributed", "--out", f"{folder}/run"],
                                    capture_output=True, encoding="utf-8", env=harness.environment(), check=False)
        self.assert_refused(result, 2, "--distributed needs the part for MPI: build Sateen with -DSATEEN_MPI=ON")


class Faults(Mpi):
    def start(self, name, count, *more):
        """A run of many epochs, once it has ended two: its process, and its ranks' numbers in the system."""
        command = ranks.mpirun_command(count, *self.arguments(name, "--epochs", "1000", "--batch-size", "48", *more))
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   encoding="utf-8", env=harness.environment(**ranks.MPI))
        self.addCleanup(self.end, process)
        deadline = time.monotonic() + 60
        history = self.file(name, "history.csv")
        while not history.exists() or history.read_text().count("\n") < 3:
            if process.poll() is not None or time.monotonic() > deadline:
                self.fail(process.stdout.read() if process.poll() is not None else "no epoch ended")
            time.sleep(0.05)
        numbers = {}
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if os.fsencode(self.folder / name) not in words:
                continue
            for variable in variables:
                if variable.startswith(b"OMPI_COMM_WORLD_RANK="):
                    numbers[int(variable.split(b"=")[1])] = int(folder.name)
        self.assertEqual(len(numbers), count)
        return process, numbers

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.stdout.close()
        process.wait()

    def test_a_rank_that_is_killed_is_named_and_others_go_on(self):
        # Nothing gets better, so that nothing but the loss of a rank saves.
        process, numbers = self.start("killed", 3, "--save-every", "1000", "--lr", "1e-9", "--monitor", "val_accuracy")
        os.kill(numbers[1], signal.SIGKILL)
        said = process.communicate(timeout=60)[0]
        self.assertNotEqual(process.returncode, 0)
        errors = [line for line in said.splitlines() if line.startswith("sateen-train: error: ")]
        self.assertEqual(len(errors), 1, said)
        self.assertIn("rank 1 on ", errors[0])
        self.assertIn(" has gone", errors[0])
        self.assertIn("--resume goes on there", errors[0])
        done = self.file("killed", "history.csv").read_text().count("\n") - 1
        self.assertGreaterEqual(int(re.search(r"last.sateen is of epoch (\d+)[ :]", errors[0])[1]), max(done, 2))
        result = ranks.run_ranks(ranks.mpirun_command(
            2, "--data", self.data, "--resume", self.folder / "killed", "--epochs", done + 2))
        self.assert_code(result, 0)
        self.assertIn(f"epoch {done + 2}/{done + 2}", result.stderr)

    def test_rank_0_that_is_killed_is_named(self):
        process, numbers = self.start("first", 2)
        os.kill(numbers[0], signal.SIGKILL)
        said = process.communicate(timeout=60)[0]
        self.assertRegex(said, "sateen-train: error: rank 0 on .* has gone")

    def test_a_rank_that_stands_still_is_named(self):
        process, numbers = self.start("still", 2, "--rank-timeout", "3")
        os.kill(numbers[1], signal.SIGSTOP)
        said = process.communicate(timeout=60)[0]
        self.assertRegex(said, "sateen-train: error: rank 1 on .* has sent nothing for 3 s")

    def test_a_signal_to_one_rank_stops_all_and_saves(self):
        process, numbers = self.start("stopped", 2)
        os.kill(numbers[1], signal.SIGTERM)
        said = process.communicate(timeout=60)[0]
        self.assertNotEqual(process.returncode, 0)
        self.assertIn("--resume", said)
        self.assertEqual(self.error_lines_of(said), [], said)

    @staticmethod
    def error_lines_of(said):
        return [line for line in said.splitlines() if "error:" in line]


if __name__ == "__main__":
    unittest.main()

"""sateen-train --profile: the table of times at the end."""

import re
import signal
import subprocess
import unittest

from harness import ProgramTest, command, driver_environment, environment, missing_device

HEAD = re.compile(r"^profile   mean of ([0-9,]+) training steps?, slowest operation first$")
ROW = re.compile(r"^ +(\d+\.\d{3,6}) +(\d+\.\d) %  (\S.*)$")
WALL = re.compile(r"^ +(\d+\.\d{3,6}) +wall time; host overhead is (\d+\.\d{3,6}) ms \((\d+\.\d) %\)$")


class Profile(ProgramTest):
    def check_table(self, stderr):
        """The table's parts hold together; the number of steps, and names with their times."""
        lines = stderr.splitlines()
        at = next((i for i, line in enumerate(lines) if HEAD.match(line)), None)
        self.assertIsNotNone(at, stderr)
        self.assertEqual(lines[at + 1].split("  ")[-1], "operation")
        end = next(i for i in range(at, len(lines)) if set(lines[i]) == {" ", "-"})
        whole = []  # rows with the lines that go on with their names
        for line in lines[at + 2:end]:
            if line.lstrip().startswith("+ "):
                whole[-1] += " " + line.strip()
            else:
                whole.append(line)
        rows = [ROW.match(line) for line in whole]
        self.assertNotIn(None, rows, stderr)
        times = [float(row[1]) for row in rows]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertAlmostEqual(sum(float(row[2]) for row in rows), 100, delta=0.06 * len(rows))
        device = ROW.match(lines[end + 1])
        wall = WALL.match(lines[end + 2])
        self.assertTrue(device and wall, stderr)
        self.assertEqual((device[2], device[3]), ("100.0", "device time"))
        self.assertAlmostEqual(float(device[1]), sum(times), delta=0.001 * len(rows))
        host = max(float(wall[1]) - float(device[1]), 0)
        self.assertAlmostEqual(float(wall[2]), host, delta=0.002)
        self.assertAlmostEqual(float(wall[3]), 100 * host / float(wall[1]), delta=0.1)
        self.assertLessEqual(max(len(line) for line in lines[at:end + 3]), 80)
        self.assertEqual(len({line.index(line.split()[2]) for line in lines[at + 1:end] if "%" in line}), 1)
        return int(HEAD.match(lines[at])[1].replace(",", "")), {row[3]: float(row[1]) for row in rows}

    def trains_with_a_table(self, backend):
        missing = missing_device(backend)
        if missing:
            self.skipTest(missing)
        out, result = self.train(backend, "--epochs", "2", "--backend", backend, "--profile", env=driver_environment())
        self.assert_code(result, 0)
        self.assertEqual(result.stdout, "")
        steps, times = self.check_table(result.stderr)
        self.assertEqual(steps, 2 * 8)
        for name in ("conv2.forward + relu2.forward", "conv3.backward_weights", "dropout1.backward", "adam", "advance"):
            self.assertTrue(any(name in names for names in times), times)
        self.assertGreater(times["conv3.backward_weights"], times["advance"])
        self.assertRegex(result.stderr.splitlines()[-1], "^done: ")
        plain, result = self.train(backend + "-plain", "--epochs", "2", "--backend", backend, env=driver_environment())
        self.assert_code(result, 0)
        self.assertNotIn("wall time", result.stderr)
        self.assertEqual((out / "last.sateen").read_bytes(), (plain / "last.sateen").read_bytes())

    def test_cpu(self):
        self.trains_with_a_table("cpu")

    def test_opencl(self):
        self.trains_with_a_table("opencl")

    def test_after_a_signal(self):
        with subprocess.Popen(
                command("sateen-train", "--data", self.data, "--out", self.folder / "stopped", "--epochs", "100000",
                        "--profile", "--device-option", "profile=0"),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=environment()) as process:
            self.addCleanup(process.kill)
            for line in process.stderr:
                if line.startswith("epoch"):
                    break
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=120)
        self.assertEqual((process.returncode, stdout), (130, ""), stderr)
        steps, _ = self.check_table(stderr)
        self.assertGreaterEqual(steps, 8)
        self.assertIn("stopped by SIGINT", stderr.splitlines()[-1])

    def test_divergence(self):
        _, result = self.train("diverged", "--lr", "1e30", "--model", "plain", "--profile")
        self.assert_refused(result, 6, "no epoch was finished")
        self.check_table(result.stderr)

    def test_it_takes_no_value(self):
        _, result = self.train("value", "--profile=1")
        self.assert_refused(result, 2, "--profile takes no value")


if __name__ == "__main__":
    unittest.main()

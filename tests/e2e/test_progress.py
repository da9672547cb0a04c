"""sateen-train on terminals of several widths: the bar, its words, colours, and what stays when it is gone."""

import atexit
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from harness import ProgramTest, command, environment, run

CLEAR = "\r\x1b[K"
COLOR = re.compile(r"\x1b\[\d+m")


class Terminal:
    """A program with its stderr on a pseudo-terminal."""

    def __init__(self, columns, *arguments, **changes):
        self.controller, stderr = pty.openpty()
        fcntl.ioctl(stderr, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(command("sateen-train", *arguments), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=stderr,
                                        env=environment(**{"TERM": "xterm", "NO_COLOR": None, **changes}))
        os.close(stderr)
        self.text = ""
        atexit.register(self.process.kill)  # where a test fails half-way

    def read(self, until=None, timeout=120):
        """To the end, or to this pattern."""
        end = time.monotonic() + timeout
        while until is None or not re.search(until, self.text):
            if not select.select([self.controller], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"nothing more came: {self.text[-500:]!r}")
            try:
                data = os.read(self.controller, 65536)
            except OSError:  # the program has ended
                break
            if not data:
                break
            self.text += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return self.text

    def end(self):
        self.read()
        os.close(self.controller)
        self.stdout = self.process.communicate(timeout=60)[0]
        return self.process.returncode


def drawn(text):
    """What was drawn in place, each without colours."""
    return [COLOR.sub("", part.split("\n")[0]) for part in text.split(CLEAR)[1:]]


def seen(text):
    """The lines that are left on the screen."""
    return [line.split(CLEAR)[-1] for line in text.split("\n")]


class Progress(ProgramTest):
    def on_terminal(self, columns, name, *arguments, **changes):
        terminal = Terminal(columns, "--data", self.data, "--out", self.folder / name, "--epochs", "2", "--model", "plain",
                            "--batch-size", "8", *arguments, **changes)
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertEqual(terminal.stdout, b"")
        return terminal.text

    def test_widths(self):
        shapes = {20: r"\d/2  \d+%(  ETA \d+:\d\d)?",
                  80: r"epoch \d/2 \[=*>? *\] \d+/60(  ETA \d+:\d\d)?  loss \d+\.\d{4}.*",
                  200: r"epoch \d/2 \[=*>? *\] \d+/60  ETA \d+:\d\d  loss \d+\.\d{4}  acc \d\.\d{4}  [\d,]+ images/s  [\d.]+ ms/step"}
        for columns, shape in shapes.items():
            with self.subTest(columns):
                text = self.on_terminal(columns, f"w{columns}")
                bars = [line for line in drawn(text) if "%" in line or "[" in line]
                self.assertTrue(any(re.fullmatch(shape, line) for line in bars), bars)
                self.assertTrue(all(len(line) < columns for line in bars), bars)
                epochs = [line for line in seen(text) if re.match(r"epoch \d/2  loss", COLOR.sub("", line))]
                self.assertEqual(len(epochs), 2, text)
                self.assertTrue(any(line.startswith("done: ") for line in seen(text)[-4:]), text)
                if columns > 20:
                    self.assertLessEqual(max(len(COLOR.sub("", line)) for line in seen(text)), columns)

    def test_a_full_bar_at_the_end_of_an_epoch(self):
        bars = drawn(self.on_terminal(80, "full"))
        self.assertTrue(any(re.match(r"epoch 2/2 \[=+\] 60/60", line) for line in bars), bars)

    def test_plain_and_none(self):
        for how, lines in (("plain", 2), ("none", 0)):
            text = self.on_terminal(80, how, "--progress", how)
            self.assertNotIn("\x1b[K", text)
            self.assertEqual(len(re.findall(r"(?m)^epoch ", COLOR.sub("", text))), lines)
        self.assertNotIn("\x1b[K", self.on_terminal(80, "dumb", TERM="dumb"))
        out, result = self.train("piped", "--epochs", "1")
        self.assert_code(result, 0)
        self.assertNotIn("\x1b", result.stderr)
        out, result = self.train("asked", "--epochs", "1", "--progress", "bar")
        self.assertIn("\x1b[K", result.stderr)

    def test_colors(self):
        for name, arguments, changes, colored in (("c1", (), {}, True), ("c2", ("--color", "never"), {}, False),
                                                  ("c3", (), {"NO_COLOR": "1"}, False), ("c4", (), {"NO_COLOR": ""}, True),
                                                  ("c5", ("--color", "always"), {"NO_COLOR": "1"}, True)):
            with self.subTest(name):
                text = self.on_terminal(80, name, *arguments, **changes)
                self.assertEqual(COLOR.search(text) is not None, colored)
                self.assertEqual("\x1b[32m*\x1b[0m" in text, colored)

    def test_a_stop_leaves_no_bar(self):
        terminal = Terminal(80, "--data", self.data, "--out", self.folder / "stopped", "--epochs", "1000")
        terminal.read(until=r"epoch 2/1000 \[")
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.end(), 130)
        left = [COLOR.sub("", line) for line in seen(terminal.text)]
        self.assertFalse([line for line in left if "[=" in line or "[>" in line], left)
        self.assertIn("stopping after the steps in flight; once more to leave at once", left)

    def test_wrong_words(self):
        result = run("sateen-train", "--out", self.folder / "x", "--color", "green")
        self.assert_refused(result, 2, '"green" is not auto, always or never')


if __name__ == "__main__":
    unittest.main()

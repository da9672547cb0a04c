"""Workers as processes: started, told to work one after the other, and stopped in between."""

import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time


class Failed(Exception):
    """A worker that can't go on, and why."""


def processor_seconds():
    """What all processes of this machine have computed since it started, or None."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _, _, interrupts, soft, *_ = map(int, file.readline().split()[1:])
    except (OSError, ValueError):
        return None
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


def seconds_of(process):
    """What one process has computed, or None."""
    try:
        words = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Worker:
    """A process that says `ready` and then, for each line it gets, its images per second. While it is not its turn it is
    stopped, so that threads which wait for work by spinning take nothing from the others."""

    def __init__(self, command, environment, log, patience):
        """log: the file that its messages go to; patience: seconds that it may take to answer."""
        self.log, self.patience = log, patience
        with open(log, "w", encoding="utf-8") as messages:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=messages, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.about = {}

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def _line(self):
        try:
            line = self.lines.get(timeout=self.patience)
        except queue.Empty:
            raise Failed(f"no answer within {self.patience} s") from None
        if not line:
            raise Failed(f"ended with {self.process.wait()}; see {self.log}")
        return line

    def wait_until_ready(self):
        word, _, about = self._line().partition(" ")
        if word.strip() != "ready":
            raise Failed(f"said {word!r} instead of ready; see {self.log}")
        self.about = json.loads(about) if about.strip() else {}
        self._signal(signal.SIGSTOP)

    def turn(self):
        """Images a second, and how many processors others kept busy meanwhile (None where that is not known)."""
        before = (time.monotonic(), processor_seconds(), seconds_of(self.process.pid))
        speed = self._turn()
        took, everybody, own = (after - earlier if after is not None and earlier is not None else None
                                for after, earlier in zip((time.monotonic(), processor_seconds(),
                                                           seconds_of(self.process.pid)), before))
        return speed, max(0.0, (everybody - own) / took) if everybody is not None and own is not None else None

    def _turn(self):
        self._signal(signal.SIGCONT)
        try:
            self.process.stdin.write("turn\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failed(f"ended; see {self.log}") from None
        speed = float(self._line())
        self._signal(signal.SIGSTOP)
        return speed

    def close(self):
        """Ends it, by the end of its input where it is well; the text that it wrote last."""
        self._signal(signal.SIGCONT)
        try:
            self.process.stdin.close()
            self.process.wait(self.patience)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        rest = []
        while line := self.lines.get():
            rest.append(line)
        return "".join(rest)

    def kill(self):
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number):
        try:
            os.kill(self.process.pid, number)
        except ProcessLookupError:
            pass


def alternate(workers, turns, on_speed):
    """workers: by name, ready. Each works once a turn, in an order that moves on by one, so that none always follows the
    same one. on_speed(name, turn, images a second, processors of others) as they come; a worker that fails is left out
    from then on, and its failure is returned by its name."""
    failures = {}
    names = list(workers)
    for turn in range(turns):
        for i in range(len(names)):
            name = names[(i + turn) % len(names)]
            if name in failures:
                continue
            try:
                on_speed(name, turn, *workers[name].turn())
            except Failed as error:
                failures[name] = str(error)
                workers[name].kill()
    return failures

"""How many processors programs that are not ours keep busy while something is measured.

Ranks in namespaces are children of daemons that leave mpirun. So this process adopts what its own leave behind, and waits
for it: what they computed is then known, and not taken for others'."""

import contextlib
import ctypes
import os
import pathlib
import signal
import time

from turns import processor_seconds, seconds_of

SET_CHILD_SUBREAPER = 36  # linux/prctl.h
PATIENCE = 3.0  # seconds that what is left behind may take to end


def adopt():
    """From now on who loses its parent among our children becomes ours."""
    if ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise SystemExit("bench: this process can't adopt what its children leave behind")


def children():
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1] == str(os.getpid()):
                found.append(int(path.parent.name))
    return found


def wait_for_all_but(known):
    """Until all children have ended but these; what takes too long is killed."""
    end = time.monotonic() + PATIENCE
    while left := [pid for pid in children() if pid not in known]:
        late = time.monotonic() > end
        for pid in left:
            with contextlib.suppress(ChildProcessError, ProcessLookupError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0 and late:
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


class Others:
    """From now on. The relay that delays packets, if there is one, is told apart. Every other process of ours has been waited
    for when it begins and when it ends."""

    def __init__(self, relay=None):
        self.relay = relay
        wait_for_all_but(self._known())
        self.before = self._now()

    def _known(self):
        return {self.relay} if self.relay else set()

    def _now(self):
        times = os.times()
        relay = seconds_of(self.relay) or 0.0 if self.relay else 0.0
        own = times.user + times.system + times.children_user + times.children_system
        return times.elapsed, (processor_seconds() or 0.0) - own - relay, relay

    def columns(self):
        """Processors that others and the relay kept busy."""
        wait_for_all_but(self._known())
        (begin, *earlier), (end, *later) = self.before, self._now()
        others, relay = (f"{max(0.0, after - before) / max(end - begin, 1e-3):.2f}" for before, after in zip(earlier, later))
        return {"others": others, "relay": relay if self.relay else ""}

"""Every call fails once: each system call of a save, each read, each allocation, each OpenCL call, in every scenario.
    python3 -B every.py --rows FILE [--kind KIND] [--scenario NAME] [--action NAME] [--target FAULTS] [--minutes N]
Faults are taken evenly from all over, so that a run that is stopped early has seen a little of everything; a second
start goes on. Each kind can have rows of its own: system, memory, opencl."""

import concurrent.futures
import pathlib
import sys
import tempfile

from faults import Bench, Fault

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "soak"))
from rows import GOOD, Limit, Rows, finish, parser  # noqa: E402

# Kind, the backend it is tried with, scenario, action, and which system calls are counted.
SERIES = (
    *(("system", "cpu", scenario, "fail", "save") for scenario in ("train", "overwrite", "resume")),
    *(("system", "cpu", scenario, "short", "write") for scenario in ("train", "overwrite", "resume")),
    *(("system", "cpu", scenario, "fail-from", "save") for scenario in ("overwrite", "resume")),
    *(("system", "cpu", scenario, "fail", "load") for scenario in ("load", "info", "resume")),
    *(("memory", "cpu", scenario, action, "") for scenario in ("load", "info", "train", "overwrite", "resume")
      for action in ("fail", "fail-from")),
    *(("opencl", "opencl", scenario, action, "") for scenario in ("load", "cold", "overwrite", "resume")
      for action in ("fail", "fail-from")),
)
WORKERS = 2
BATCH = 16
COLUMNS = ["kind", "scenario", "action", "calls", "n", "of", "call", "code"]


def scattered(count):
    """1 to count, each once, evenly from all over: the bits of the index, backwards."""
    bits = max(count - 1, 1).bit_length()
    mirrored = (int(f"{i:0{bits}b}"[::-1], 2) for i in range(1 << bits))
    return [n + 1 for n in mirrored if n < count]


def in_turn(lists):
    """One of each list after the other; the longer ones more often, so that all end together."""
    marked = ((i / len(items), number, item) for number, items in enumerate(lists) for i, item in enumerate(items))
    return [item for _, _, item in sorted(marked, key=lambda entry: entry[:2])]


class Benches:
    """A bench for each worker and backend."""

    def __init__(self, folder):
        self.folder, self.benches = folder, {}

    def get(self, worker, backend):
        key = f"{backend}-{worker}"
        if key not in self.benches:
            (self.folder / key).mkdir()
            self.benches[key] = Bench(self.folder / key, backend)
        return self.benches[key]


def plan(benches, kind, only_scenarios=(), only_actions=()):
    """The faults, with their backend, the name of the call and how many there are."""
    lists = []
    for series_kind, backend, scenario, action, calls in SERIES:
        if kind not in ("all", series_kind) or scenario not in (only_scenarios or [scenario]) or \
                action not in (only_actions or [action]):
            continue
        names = benches.get(0, backend).calls(series_kind, scenario, calls)
        lists.append([(backend, Fault(series_kind, scenario, action, calls, n), names[n - 1], len(names))
                      for n in scattered(len(names))])
    return in_turn(lists)


def key(fault):
    return fault.kind, fault.scenario, fault.action, fault.calls, str(fault.n)


def work(benches, worker, share):
    rows = []
    for backend, fault, name, count in share:
        outcome = benches.get(worker, backend).run(fault)
        verdict = GOOD if outcome.verdict == "right" else f"{outcome.verdict}: {outcome.stderr[-300:]}"
        rows.append({"kind": fault.kind, "scenario": fault.scenario, "action": fault.action, "calls": fault.calls,
                     "n": fault.n, "of": count, "call": name, "code": outcome.code, "outcome": verdict,
                     "seconds": f"{outcome.seconds:.3f}"})
    return rows


def main():
    options = parser(__doc__, 0)
    options.add_argument("--kind", choices=("all", "system", "memory", "opencl"), default="all", help="of calls")
    options.add_argument("--scenario", action="append", help="these alone; may be repeated")
    options.add_argument("--action", action="append", help="these alone: fail, fail-from, short; may be repeated")
    arguments = options.parse_args()
    limit = Limit(arguments.minutes)
    rows = Rows(arguments.rows, COLUMNS)
    done = {tuple(row[name] for name in ("kind", "scenario", "action", "calls", "n")) for row in rows.rows}
    with tempfile.TemporaryDirectory(prefix="sateen-every-") as folder:
        benches = Benches(pathlib.Path(folder))
        faults = plan(benches, arguments.kind, arguments.scenario, arguments.action)
        target = arguments.target or len(faults)
        left = [entry for entry in faults if key(entry[1]) not in done][:max(0, target - len(rows.rows))]
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            while left and not limit.over():
                batch, left = left[:BATCH], left[BATCH:]
                shares = [batch[worker::WORKERS] for worker in range(WORKERS)]
                for found in pool.map(lambda worker: work(benches, worker, shares[worker]), range(WORKERS)):
                    for row in found:
                        rows.add(**row)
    return finish(rows, len(rows.rows), target)


if __name__ == "__main__":
    sys.exit(main())

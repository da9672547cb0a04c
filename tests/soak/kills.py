"""Trainings killed by SIGKILL: at each call of each save, or at random times.
    python3 -B kills.py --at saves|times --rows FILE [--target KILLS] [--minutes N]
After each kill the files are whole, the training goes on, and ends with the bytes of one that was never stopped, and with
nothing left over."""

import concurrent.futures
import itertools
import random
import shutil
import sys
import time

from crash import VARIANTS, Stop, Training
from rows import GOOD, Limit, Rows, finish, parser
from training import Bad, Place

TARGETS = {"saves": 2000, "times": 500}
IMAGES = 60
WORKERS = 2
BATCH = 8
CHAIN_EVERY = 6  # cases
LONGEST_CHAIN = 4


def save_cases(trainings):
    """Every call of every variant once as the only kill; every sixth case, and all in the end, are chains."""
    single = ((name, (Stop(how, n),)) for how in ("kill", "kill-after") for name, training in trainings.items()
              for n in range(1, len(training.calls) + 1))
    for number in itertools.count(1):
        case = next(single, None) if number % CHAIN_EVERY else None
        yield case or chain(trainings, number)


def chain(trainings, number):
    chosen = random.Random(number)
    name = chosen.choice(sorted(trainings))
    calls = len(trainings[name].calls)
    return name, tuple(Stop(chosen.choice(("kill", "kill-after")), chosen.randint(1, calls))
                       for _ in range(chosen.randint(2, LONGEST_CHAIN)))


def time_cases(trainings):
    for number in itertools.count(1):
        chosen = random.Random(number)
        name = chosen.choice(sorted(trainings))
        longest = int(1000 * trainings[name].seconds)
        yield name, tuple(Stop("time", chosen.randint(0, longest)) for _ in range(chosen.randint(1, 3)))


def do(place, trainings, number, case):
    """The row of a case."""
    name, stops = case
    out = place.folder / f"case-{number}"
    begun, outcome, points = time.monotonic(), GOOD, []
    shutil.rmtree(out, ignore_errors=True)
    try:
        trainings[name].cycle(out, stops, points)
        shutil.rmtree(out)
    except Bad as error:
        outcome = f"{error} (stops: {' '.join(map(str, stops))})"
    return {"case": number, "kind": name, "n": "+".join(map(str, stops)), "kills": len(points), "point": " + ".join(points),
            "outcome": outcome, "seconds": f"{time.monotonic() - begun:.2f}"}


def main():
    options = parser(__doc__, None)
    options.add_argument("--at", choices=sorted(TARGETS), required=True, help="what the kills are at")
    arguments = options.parse_args()
    target = arguments.target or TARGETS[arguments.at]
    limit = Limit(arguments.minutes)
    rows = Rows(arguments.rows, ["case", "kind", "n", "kills", "point"])
    with Place(IMAGES) as place:
        trainings = {name: Training(place, name) for name in VARIANTS}
        cases = enumerate(save_cases(trainings) if arguments.at == "saves" else time_cases(trainings), 1)
        left = itertools.islice(cases, len(rows.rows), None)
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            while rows.total("kills") < target and not limit.over():
                for row in pool.map(lambda case: do(place, trainings, *case), itertools.islice(left, BATCH)):
                    rows.add(**row)
    return finish(rows, rows.total("kills"), target)


if __name__ == "__main__":
    sys.exit(main())

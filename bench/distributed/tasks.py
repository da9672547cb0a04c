"""What bench/distributed/run.py measures in a turn, and in which order."""

import os

# Of the links: megabits a second, milliseconds of delay, options of mpirun. The last, for buckets alone: Open MPI sends what is
# large without that the other end asks for it.
PLACES = {"host": None, "1 Gbit/s": (1000, 0), "100 Mbit/s": (100, 0), "1 Gbit/s, 1 ms": (1000, 1),
          "100 Mbit/s, sent": (100, 0, ("--mca", "btl_tcp_flags", "send,inplace"))}
SENT = "100 Mbit/s, sent"
SLOW = ("100 Mbit/s", SENT)  # where it shows what Open MPI does with large messages
KEYS = ("kind", "place", "model", "ranks", "threads", "batch", "reduce", "wire")
BATCHES = (64, 256)
SHARES = (1, 4, 16, 64, 256)  # of a rank that has a processor to itself


def task(kind, place, ranks="", batch="", threads=1, reduce="", wire=""):
    model, threads = ("plain", threads) if batch else ("", "")
    return dict(zip(KEYS, (kind, place, model, ranks, threads, batch, reduce, wire)))


def single_processes():
    """What several ranks gain is against one process, with one thread and, as it is without options, with all processors."""
    found = [task("update", "host", 1, 64)] + [task("alone", "host", 1, share) for share in SHARES]
    processors = len(os.sched_getaffinity(0))
    if processors > 1:
        found += [task("alone", "host", 1, batch, processors) for batch in BATCHES]
    return found


def several_ranks(place, ranks):
    """Single ranks with the shares that the ranks have, just before, as the machine may be slower in an hour."""
    found = []
    for batch in BATCHES:
        found += [task("alone", place, ranks, batch // ranks),
                  task("train", place, ranks, batch, reduce="ordered", wire="float")]
    return found + [task("train", place, ranks, 64, reduce="ordered", wire="half"),
                    task("train", place, ranks, 64, reduce="allreduce", wire="float")]


def tasks_of(place, turn):
    """In another order each turn: what the machine does at one time is not always the same task's."""
    parts = [] if place == SENT else [[task("messages", place)], several_ranks(place, 2), several_ranks(place, 4)]
    if place == "host":
        parts.append(single_processes())
    if place in SLOW:
        parts.append([task("buckets", place, ranks) for ranks in (2, 4)])
    return [each for part in rotated(parts, turn) for each in rotated(part, turn)]


def rotated(items, turn):
    """By one further each turn, counted from 1."""
    by = (turn - 1) % len(items)
    return items[by:] + items[:by]

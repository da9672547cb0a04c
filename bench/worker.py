"""What the workers of other systems share: their options, and turns by a pipe.

A worker builds its network and its data, warms up, and says on stdout `ready` with a JSON object about itself. For each
line on stdin it then works for about so many seconds and prints the images per second; it ends with stdin. So start-up
is not counted, and who asks decides that only one works at a time."""

import argparse
import json
import os
import sys
import time

CLASSES = 10
SIDE = 28
SLOPE = 0.1  # of LeakyReLU
RATES = (0.25, 0.25, 0.4, 0.3)  # of the variant with dropout: after the three pools, before the last dense layer
LEARNING_RATE, EPSILON = 1e-3, 1e-7


def options(*extra):
    """extra: (name, choices) of the system's own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=("train", "infer"), required=True)
    parser.add_argument("--model", choices=("plain", "dropout"), required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    for name, choices in extra:
        parser.add_argument(f"--{name}", choices=choices, default=choices[0])
    return parser.parse_args()


def processors():
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def batches_of(batch):
    """Batches in memory, which take turns: as many pictures as sateen-bench has."""
    return max(4, -(-1024 // batch))


def serve(given, work, wait, about):
    """work(n) does n batches from the next on, and may return early; wait() until they are done. about: versions and
    such."""
    # The lines are for whoever asked; what a library prints must not get between them.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def turn(seconds, chunk):
        begin = time.perf_counter()
        done = 0
        while time.perf_counter() - begin < seconds:
            work(chunk)
            done += chunk
            if chunk == 1:
                wait()
        wait()
        return done, time.perf_counter() - begin

    for _ in range(3):  # compilers and choosers have their say in the first ones
        work(1)
        wait()
    done, took = turn(min(1.0, given.seconds), 1)
    # Looking at the clock, and waiting, must not cost much.
    chunk = max(1, int(0.1 * done / took))
    print("ready", json.dumps(about), file=answers, flush=True)
    for _ in sys.stdin:
        done, took = turn(given.seconds, chunk)
        print(done * given.batch / took, file=answers, flush=True)

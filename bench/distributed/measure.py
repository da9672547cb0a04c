"""What bench/distributed measures: steps of sateen-train by several ranks, messages, links; each as one start of a program."""

import csv
import gzip
import io
import os
import pathlib
import statistics
import struct
import subprocess
import tempfile

import namespaces
from turns import processor_seconds

IMAGES = 1024
EPOCHS = 4  # the first warms up
FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")


class Failed(Exception):
    """What went wrong, in a line."""


def small_data(folder):
    """So many real images, so that an epoch is short."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, head, size in (("train-images-idx3", 16, 28 * 28), ("train-labels-idx1", 8, 1)):
        content = gzip.decompress((FASHION_MNIST / f"{part}-ubyte.gz").read_bytes())
        few = content[:4] + struct.pack(">I", IMAGES) + content[8:head] + content[head:head + IMAGES * size]
        (folder / f"{part}-ubyte.gz").write_bytes(gzip.compress(few, 1))


class Others:
    """How many processors programs that are not ours keep busy from now on; ours have ended when it is asked."""

    def __init__(self):
        self.before = self.now()

    @staticmethod
    def now():
        times = os.times()
        return times.elapsed, (processor_seconds() or 0.0) - times.children_user - times.children_system

    def __str__(self):
        (begin, earlier), (end, later) = self.before, self.now()
        return f"{max(0.0, later - earlier) / max(end - begin, 1e-3):.2f}"


def run(command, patience):
    """Its output; how many processors others kept busy meanwhile."""
    others = Others()
    try:
        done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=patience, check=False, env=environment())
    except subprocess.TimeoutExpired:
        raise Failed(f"no end within {patience} s") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()
        raise Failed(f"ended with {done.returncode}: {' / '.join(words[-3:])}")
    return done.stdout, str(others)


def environment():
    kept = {key: value for key, value in namespaces.mpi_environment().items() if not key.startswith("SATEEN_")}
    return {**kept, "SATEEN_CACHE_DISABLE": "1"}


def train_command(binaries, data, out, task, distributed=True):
    words = [binaries / "sateen-train", "--model", task["model"], "--backend", "cpu", "--device-option", "threads=1",
             "--data", data, "--val-split", 0, "--epochs", EPOCHS, "--batch-size", task["batch"], "--no-tune", "--plots",
             "off", "--progress", "none", "--out", out]
    if distributed:
        words += ["--distributed", "--reduce", task["reduce"], "--wire", task["wire"]]
    return list(map(str, words))


def step_seconds(out, batch):
    """Of each epoch but the first."""
    with open(pathlib.Path(out) / "history.csv", encoding="utf-8", newline="") as file:
        return [batch / float(row["images_per_second"]) for row in csv.DictReader(file)][1:]


def step_row(times, others):
    return {"seconds": f"{statistics.median(times):.6g}", "all": " ".join(f"{t:.6g}" for t in times), "others": others}


def mpirun(net, ranks, *command):
    if net:
        return net.mpirun(ranks, *command)
    return ["mpirun", "-np", str(ranks), "--oversubscribe", "--bind-to", "none", *map(str, command)]


# Each takes a task, Namespaces or None, the folder of sateen-train, that of small_data and messages, and seconds of patience,
# and gives the rows that it makes.

def train(task, net, binaries, work, patience):
    with tempfile.TemporaryDirectory(prefix="sateen-distributed-") as folder:
        out = f"{folder}/run"
        command = mpirun(net, task["ranks"], *train_command(binaries, work, out, task))
        _, others = run(command, patience)
        return [step_row(step_seconds(out, task["batch"]), others)]


def alone(task, _net, binaries, work, patience):
    """So many processes at once that know nothing of each other."""
    with tempfile.TemporaryDirectory(prefix="sateen-distributed-") as folder:
        others = Others()
        processes = [subprocess.Popen(train_command(binaries, work, f"{folder}/{i}", task, distributed=False),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                      env=environment()) for i in range(task["ranks"])]
        try:
            for process in processes:
                _, words = process.communicate(timeout=patience)
                if process.returncode != 0:
                    raise Failed(f"ended with {process.returncode}: {words.strip()}")
        except subprocess.TimeoutExpired:
            raise Failed(f"no end within {patience} s") from None
        finally:
            for process in processes:
                process.kill()
                process.wait()
        times = [t for i in range(task["ranks"]) for t in step_seconds(f"{folder}/{i}", task["batch"])]
        return [step_row(times, str(others))]


def messages(_task, net, _binaries, work, patience):
    """Seconds one way, or of all of many; seconds of the processor for a byte sent or received."""
    text, others = run(mpirun(net, 2, work / "messages", 0.5), patience)
    rows = []
    for row in csv.DictReader(io.StringIO(text)):
        single = row["messages"] == "1"
        ways = 2 if single else 1
        rows.append({"bytes": row["bytes"], "messages": row["messages"], "seconds": float(row["least_s"]) / ways,
                     "all": f"{float(row['median_s']) / ways:.6g}", "others": others,
                     "processor": float(row["processor_s"]) / (2 * int(row["bytes"]) * int(row["messages"]))})
    return rows


def link(_task, net, _binaries, _work, _patience):
    least, median, one_way, both_ways = namespaces.check_link(net)
    return [{"seconds": f"{least / 1000:.6g}", "all": f"{median / 1000:.6g} {one_way:.1f} {both_ways:.1f}"}]


KINDS = {"link": link, "messages": messages, "alone": alone, "train": train}

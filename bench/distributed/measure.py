"""What bench/distributed measures: steps of sateen-train by several ranks, messages, links; each as one start of a program."""

import contextlib
import csv
import gzip
import io
import os
import pathlib
import re
import statistics
import struct
import subprocess
import tempfile
import time

import namespaces
from others import Others

STEPS = 32  # of an epoch at the least, whatever the batch
EPOCHS = 3  # the first warms up
SETTING = f"{STEPS} steps an epoch, {EPOCHS} epochs"
EXCHANGES = 8  # of all buckets of a step, when nothing computes
MESSAGE_SECONDS = 0.4  # for messages of one size
FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")


class Failed(Exception):
    """What went wrong, in a line."""


def steps_of(batch):
    """More where steps are short, so that no epoch is over at once."""
    return max(STEPS, 512 // batch)


def small_data(work, batch):
    """A folder with so many real images that an epoch has its steps."""
    images = batch * steps_of(batch)
    folder = work / f"images-{images}"
    if folder.exists():
        return folder
    with tempfile.TemporaryDirectory(dir=work) as unfinished:
        for part, head, size in (("train-images-idx3", 16, 28 * 28), ("train-labels-idx1", 8, 1)):
            content = gzip.decompress((FASHION_MNIST / f"{part}-ubyte.gz").read_bytes())
            few = content[:4] + struct.pack(">I", images) + content[8:head] + content[head:head + images * size]
            (pathlib.Path(unfinished) / f"{part}-ubyte.gz").write_bytes(gzip.compress(few, 1))
        os.chmod(unfinished, 0o755)
        os.rename(unfinished, folder)
        os.mkdir(unfinished)  # for its end
    return folder


def last_words(text):
    """Without the lines that mpirun draws."""
    said = [line.strip() for line in text.splitlines() if line.strip("- ")]
    return " / ".join(said[-3:]) or "no word"


def run(command, patience):
    """Its output and its messages."""
    try:
        done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=patience, check=False, env=environment())
    except subprocess.TimeoutExpired:
        raise Failed(f"no end within {patience} s") from None
    if done.returncode != 0:
        raise Failed(f"ended with {done.returncode}: {last_words(done.stderr if done.stderr.strip() else done.stdout)}")
    return done.stdout, done.stderr


def environment():
    kept = {key: value for key, value in namespaces.mpi_environment().items() if not key.startswith("SATEEN_")}
    return {**kept, "SATEEN_CACHE_DISABLE": "1"}


def train_command(binaries, work, out, task, epochs, *more):
    words = [binaries / "sateen-train", "--model", task["model"], "--backend", "cpu", "--device-option",
             f"threads={task['threads']}", "--data", small_data(work, task["batch"]), "--val-split", 0, "--epochs", epochs,
             "--batch-size", task["batch"], "--no-tune", "--plots", "off", "--progress", "none", "--out", out, *more]
    return list(map(str, words))


def step_seconds(out, batch):
    """Of each epoch but the first, so far."""
    with open(pathlib.Path(out) / "history.csv", encoding="utf-8", newline="") as file:
        return [batch / float(row["images_per_second"]) for row in csv.DictReader(file) if row["images_per_second"]][1:]


def step_row(times):
    return {"seconds": f"{statistics.median(times):.6g}", "all": " ".join(f"{t:.6g}" for t in times)}


def mpirun(net, ranks, *command):
    if net:
        return net.mpirun(ranks, *command)
    return ["mpirun", "-np", str(ranks), "--oversubscribe", "--bind-to", "none", *map(str, command)]


# Each takes a task, Namespaces or None, the folder of sateen-train, that of small data and compiled programs, and seconds of
# patience, and gives the rows that it makes.

def train(task, net, binaries, work, patience):
    with tempfile.TemporaryDirectory(prefix="sateen-distributed-") as folder:
        out = f"{folder}/run"
        words = train_command(binaries, work, out, task, EPOCHS, "--distributed", "--reduce", task["reduce"], "--wire",
                              task["wire"])
        run(mpirun(net, task["ranks"], *words), patience)
        return [step_row(step_seconds(out, task["batch"]))]


def alone(task, _net, binaries, work, patience):
    """So many processes at once that know nothing of each other. Each goes on until all have their epochs, so that in each
    epoch that counts all are at work."""
    with tempfile.TemporaryDirectory(prefix="sateen-distributed-") as folder:
        outs = [f"{folder}/{i}" for i in range(task["ranks"])]
        commands = [train_command(binaries, work, out, task, 1000) for out in outs]
        processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      text=True, env=environment()) for command in commands]
        try:
            end = time.monotonic() + patience
            while any(len(epochs_so_far(out, task["batch"])) < EPOCHS - 1 for out in outs):
                for process in processes:
                    if process.poll() is not None:
                        raise Failed(f"ended with {process.returncode}: {last_words(process.stderr.read())}")
                if time.monotonic() > end:
                    raise Failed(f"no end within {patience} s")
                time.sleep(0.05)
        finally:
            for process in processes:
                process.kill()
                process.wait()
                process.stderr.close()
        return [step_row([t for out in outs for t in step_seconds(out, task["batch"])[:EPOCHS - 1]])]


def epochs_so_far(out, batch):
    with contextlib.suppress(OSError):
        return step_seconds(out, batch)
    return []


def update(task, _net, binaries, work, patience):
    """Of a step, what the parameters' update takes, by the device's own clock."""
    with tempfile.TemporaryDirectory(prefix="sateen-distributed-") as folder:
        words = "\n".join(run(train_command(binaries, work, f"{folder}/run", task, EPOCHS, "--profile"), patience))
        found = re.search(r"^ *([\d.]+) +[\d.]+ % +adam$", words, re.MULTILINE)
        if not found:
            raise Failed("--profile names no adam")
        return [{"seconds": f"{float(found[1]) / 1000:.6g}"}]


def messages(_task, net, _binaries, work, patience):
    """Of each size and number: seconds in the median, the least, and the processor's for a rank in an exchange."""
    text, _ = run(mpirun(net, 2, work / "messages", MESSAGE_SECONDS), patience)
    return [{"bytes": row["bytes"], "messages": row["messages"], "seconds": row["median_s"], "all": row["least_s"],
             "processor": row["processor_s"]} for row in csv.DictReader(io.StringIO(text))]


def buckets(task, net, _binaries, work, patience):
    """All buckets of a step, and nothing computed: for each way of adding them the median, the least."""
    sizes = task["buckets"].split()
    text, _ = run(mpirun(net, task["ranks"], work / "buckets", EXCHANGES, *sizes), patience)
    return [{"reduce": row["how"], "seconds": row["median_s"], "all": row["least_s"]}
            for row in csv.DictReader(io.StringIO(text))]


KINDS = {"messages": messages, "buckets": buckets, "alone": alone, "update": update, "train": train}


def measure(task, net, *where):
    """Its rows, each with what else kept processors busy."""
    others = Others(net.relay.pid if net and net.relay else None)
    try:
        rows = KINDS[task["kind"]](task, net, *where)
    finally:
        busy = others.columns()
    return [{**row, **busy} for row in rows]


def links(net):
    """A row for each link but the first node's; namespaces.Failed where one is not as it was asked for."""
    return [{"seconds": f"{least / 1000:.6g}", "all": f"{median / 1000:.6g} {one_way:.1f} {both_ways:.1f}"}
            for least, median, one_way, both_ways in namespaces.check_links(net)]

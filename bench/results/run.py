#!/usr/bin/env python3
"""Trains both published networks with several seeds, by Sateen on OpenCL and by PyTorch, and the recipe; then makes
tables and pictures of them. What is finished is kept: it may be stopped and started again."""

import argparse
import concurrent.futures
import datetime
import os
import pathlib
import shutil
import subprocess

import page
import sateen_run
from files import Failed

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

MODELS = ("plain", "dropout")
SYSTEMS = ("sateen", "pytorch", "recipe")
# The recipe's one command, less --out, --seed and the device.
RECIPE = ["--model", "deep", "--epochs", "40", "--batch-size", "128", "--val-split", "0", "--augment", "mirror,shift=1",
          "--lr-schedule", "cosine"]
DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")


def at_least_one(text):
    if (number := int(text)) < 1:
        raise ValueError
    return number


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog="See docs/results.md.")
    parser.add_argument("--only", choices=SYSTEMS, action="append", help="these alone; may be repeated")
    parser.add_argument("--seeds", type=at_least_one, default=5, help="0 to N-1 of both networks (default: 5)")
    parser.add_argument("--recipe-seeds", type=at_least_one, default=3, help="0 to N-1 of the recipe (default: 3)")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin", metavar="DIR")
    parser.add_argument("--backend", default="opencl", help="of Sateen's trainings (default: opencl)")
    parser.add_argument("--threads", type=at_least_one, metavar="N",
                        help="of each of PyTorch's trainings (default: the processors, shared among the jobs)")
    parser.add_argument("--python", default=str(ROOT / "build/bench/venv/bin/python"), help="the one with PyTorch and "
                        "matplotlib (default: that of bench/setup)")
    parser.add_argument("--torch-device", default="cpu", help="of PyTorch's trainings, as it names them (default: cpu)")
    parser.add_argument("--jobs", type=at_least_one, default=1, metavar="N", help="trainings at the same time (default: 1)")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("SATEEN_DATA", DATA)))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/results", metavar="DIR",
                        help="where runs go, a folder each (default: build/results)")
    parser.add_argument("--page-only", action="store_true", help="train nothing, make the page of what is finished")
    parser.add_argument("--docs", action="store_true", help="put the page, its rows and picture into docs/ instead of --out")
    return parser.parse_args()


def pytorch(given, model, seed):
    folder = given.out / f"pytorch-{model}-{seed}"
    threads = given.threads or max(1, len(os.sched_getaffinity(0)) // given.jobs)
    if not (folder / "result.json").exists():
        subprocess.run(["nice", "-n", "10", given.python, "-B", str(HERE / "torch_run.py"), str(folder), "--model", model,
                        "--seed", str(seed), "--data", str(given.data), "--threads", str(threads),
                        "--device", given.torch_device], stdin=subprocess.DEVNULL, check=True)


def jobs(given):
    """(name, function) of each training, seed by seed, so that what is there at any time can be compared."""
    wanted = given.only or SYSTEMS
    programs = sateen_run.Programs(given.bin, ["--backend", given.backend, "--data", str(given.data)])
    for seed in range(given.seeds):
        for model in MODELS:
            if "sateen" in wanted:
                yield f"sateen-{model}-{seed}", lambda m=model, s=seed: sateen_run.train(
                    programs, given.out / f"sateen-{m}-{s}", ["--model", m, "--seed", str(s), "--epochs", "20"])
            if "pytorch" in wanted:
                yield f"pytorch-{model}-{seed}", lambda m=model, s=seed: pytorch(given, m, s)
    for seed in range(given.recipe_seeds):
        if "recipe" in wanted:
            yield f"recipe-{seed}", lambda s=seed: sateen_run.train(
                programs, given.out / f"recipe-{s}", [*RECIPE, "--seed", str(s)], mirror=True)


def run(named):
    """Whether it went well. One that fails keeps no other from its turn."""
    name, job = named
    print(f"{datetime.datetime.now():%H:%M:%S} {name}", flush=True)
    try:
        job()
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        print(f"results: {name}: {error}", flush=True)
        return False
    return True


def make_page(given):
    """The page with what is finished: into docs/, or as a copy of docs/results.md with its rows and picture into --out."""
    folder = ROOT / "docs" if given.docs else given.out
    runs = page.runs_of(given.out)
    if not runs:
        raise Failed(f"there is no finished run in {given.out}")
    page.write(runs, ROOT / "docs/results.md", folder)
    (folder / "pictures").mkdir(exist_ok=True)
    subprocess.run([given.python, "-B", str(HERE / "pictures.py"), str(given.out), str(folder / "pictures")], check=True)
    print(f"results: {folder}/results.md")


def main():
    given = parse()
    if not shutil.which(given.python):
        raise Failed(f"there is no {given.python}; bench/setup makes it, or name another by --python")
    given.out.mkdir(parents=True, exist_ok=True)
    went_well = True
    if not given.page_only:
        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
            went_well = all(list(pool.map(run, jobs(given))))
    make_page(given)
    if not went_well:
        raise Failed("some trainings failed, as said above; the page has the others")


if __name__ == "__main__":
    try:
        main()
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"results: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit("results: stopped; started again, it goes on with what is there") from None

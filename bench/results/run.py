#!/usr/bin/env python3
"""Trains both published networks with several seeds, by Sateen on OpenCL and by PyTorch, and the recipe; then makes
docs/results.md's tables and pictures. What is finished is kept: it may be stopped and started again."""

import argparse
import concurrent.futures
import datetime
import os
import pathlib
import subprocess

import page
import sateen_run

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

MODELS = ("plain", "dropout")
SYSTEMS = ("sateen", "pytorch", "recipe")
# The recipe's one command, less --out, --seed and the device.
RECIPE = ["--model", "deep", "--epochs", "40", "--batch-size", "128", "--val-split", "0", "--augment", "mirror,shift=1",
          "--lr-schedule", "cosine"]
DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog="See docs/results.md.")
    parser.add_argument("--only", choices=SYSTEMS, action="append", help="these alone; may be repeated")
    parser.add_argument("--seeds", type=int, default=5, help="0 to N-1 of both networks (default: 5)")
    parser.add_argument("--recipe-seeds", type=int, default=3, help="0 to N-1 of the recipe (default: 3)")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin", metavar="DIR")
    parser.add_argument("--backend", default="opencl", help="of Sateen's trainings (default: opencl)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)),
                        help="of PyTorch (default: one a processor)")
    parser.add_argument("--python", default=str(ROOT / "build/bench/venv/bin/python"), help="the one with PyTorch and "
                        "matplotlib (default: that of bench/setup)")
    parser.add_argument("--torch-device", default="cpu", help="of PyTorch's trainings, as it names them (default: cpu)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="trainings at the same time (default: 1)")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("SATEEN_DATA", DATA)))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/results", metavar="DIR",
                        help="where runs go, a folder each (default: build/results)")
    parser.add_argument("--page-only", action="store_true", help="train nothing, make the page of what is finished")
    return parser.parse_args()


def pytorch(given, model, seed):
    folder = given.out / f"pytorch-{model}-{seed}"
    if not (folder / "result.json").exists():
        subprocess.run(["nice", "-n", "10", given.python, "-B", str(HERE / "torch_run.py"), str(folder), "--model", model,
                        "--seed", str(seed), "--data", str(given.data), "--threads", str(given.threads), "--device", given.torch_device],
                       stdin=subprocess.DEVNULL, check=True)


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
                programs, given.out / f"recipe-{s}", [*RECIPE, "--seed", str(s)])


def main():
    given = parse()
    given.out.mkdir(parents=True, exist_ok=True)
    if not given.page_only:
        def run(named):
            print(f"{datetime.datetime.now():%H:%M:%S} {named[0]}", flush=True)
            named[1]()
        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
            for _ in pool.map(run, jobs(given)):
                pass
    page.write(given.out, ROOT / "docs")
    subprocess.run([given.python, "-B", str(HERE / "pictures.py"), str(given.out), str(ROOT / "docs/pictures")], check=True)


if __name__ == "__main__":
    try:
        main()
    except sateen_run.Failed as error:
        raise SystemExit(f"results: {error}") from None

"""One training by sateen-train, gone on with where it was stopped, and its result in the form of torch_run.py's."""

import csv
import json
import subprocess

from files import Failed, rows_of, write_whole


class Programs:
    """The built programs, on one device."""

    def __init__(self, folder, device):
        self.folder, self.device = folder, device  # device: options such as --backend opencl

    def run(self, program, *words):
        done = subprocess.run(["nice", "-n", "10", str(self.folder / program), *words, *self.device],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{program} {' '.join(words)}: {' '.join(done.stderr.strip().splitlines()[-1:])}")
        return done.stdout

    def evaluate(self, model, *words):
        return json.loads(self.run("sateen-evaluate", "-m", str(model), *words, "--json"))

    def version(self):
        said = subprocess.run([str(self.folder / "sateen-train"), "--version"], capture_output=True, text=True, check=True)
        return said.stdout.strip().splitlines()[0].replace("sateen-train", "Sateen")


def history_of(folder):
    with open(folder / "history.csv", encoding="utf-8", newline="") as file:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]


def without(whole, part, held_out_images):
    """Means over all images but the held-out ones, from those over all and over the held-out ones."""
    n = whole["images"]
    return {key: (whole[key] * n - part[key] * held_out_images) / (n - held_out_images) for key in ("loss", "accuracy")}


def measured(programs, model, row, mirror):
    """What torch_run.py's measured() gives: dropout off everywhere. Also how many test images of each class were taken for
    which, and with mirror what the test images come to with --mirror."""
    def scores(evaluated):
        return {key: evaluated[key] for key in ("loss", "accuracy")}

    test, train = programs.evaluate(model), programs.evaluate(model, "--part", "train")
    result = {"epoch": int(row["epoch"]), "device": test["device_name"], "test": scores(test),
              "labels": [each["label"] for each in test["classes"]], "confusion": test["confusion"]}
    if "val_loss" in row:
        result["held_out"] = {"loss": row["val_loss"], "accuracy": row["val_accuracy"]}
        result["train"] = without(train, result["held_out"], train["images"] // 5)  # sateen-train's --val-split 0.2
    else:
        result["train"] = scores(train)
    if mirror:
        twice = programs.evaluate(model, "--mirror")
        result["mirrored"] = scores(twice) | {"device": twice["device_name"]}
    return result


def take_over(folder, words):
    """Notes what the folder's training is of. Refuses one that was begun with something else."""
    options, said = folder / "options.txt", " ".join(words)
    if folder.exists() and any(folder.iterdir()):
        before = options.read_text(encoding="utf-8").strip() if options.exists() else "options that nobody wrote down"
        if before != said:
            raise Failed(f"{folder} was trained with {before}; move it away")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(options, said + "\n")


def train(programs, folder, words, mirror=False):
    """Trains into the folder unless that is done. words: options of sateen-train."""
    take_over(folder, words)
    done, run = folder / "result.json", folder / "run"
    if done.exists():
        return
    last = run / "last.sateen"
    common = ["--no-plots", "--progress", "none"]
    if last.exists():
        programs.run("sateen-train", "--resume", str(run), *common)
    else:
        programs.run("sateen-train", "--out", str(run), *words, *common)
    history = history_of(run)
    result = {"version": programs.version(), "options": " ".join(words), "date": rows_of.today(),
              "machine": rows_of.machine(), "last": measured(programs, last, history[-1], mirror)}
    if "val_loss" in history[-1]:
        best = min(history, key=lambda row: row["val_loss"])
        result["best"] = measured(programs, run / "best.sateen", best, mirror)
    (folder / "history.csv").write_bytes((run / "history.csv").read_bytes())
    write_whole(done, json.dumps(result, indent=1) + "\n")

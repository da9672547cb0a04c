"""One training by sateen-train, gone on with where it was stopped, and its result in the form of torch_run.py's."""

import csv
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
# From the folder above.
# pylint: disable=wrong-import-position
import rows as rows_of  # noqa: E402


class Failed(Exception):
    """A program ended with something else than 0."""


class Programs:
    """The built programs, on one device."""

    def __init__(self, folder, device):
        self.folder, self.device = folder, device  # device: options such as --backend opencl

    def run(self, program, *words):
        done = subprocess.run(["nice", "-n", "10", str(self.folder / program), *words, *self.device],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{program} {' '.join(words)}: {done.stderr.strip().splitlines()[-1:]}")
        return done.stdout

    def version(self):
        said = subprocess.run([str(self.folder / "sateen-train"), "--version"], capture_output=True, text=True, check=True)
        return said.stdout.strip().splitlines()[0].replace("sateen-train", "Sateen")

    def device_name(self):
        listed = json.loads(self.run_plain("sateen-info", "--list-devices", "--json"))["devices"]
        backend = self.device[self.device.index("--backend") + 1]
        found = next(each for each in listed if each["backend"] == backend)
        return f"{found['name']}, {found['driver']}" if found.get("driver") else found["name"]

    def run_plain(self, program, *words):
        return subprocess.run([str(self.folder / program), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=True).stdout


def history_of(folder):
    with open(folder / "history.csv", encoding="utf-8", newline="") as file:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]


def without(whole, part, held_out_images):
    """Means over all images but the held-out ones, from those over all and over the held-out ones."""
    n = whole["images"]
    return {key: (whole[key] * n - part[key] * held_out_images) / (n - held_out_images) for key in ("loss", "accuracy")}


def measured(programs, model, row):
    """What torch_run.py's measured() gives: dropout off everywhere; and how many test images of each class were taken for which."""
    scores = {part: json.loads(programs.run("sateen-evaluate", "-m", str(model), "--part", part, "--json"))
              for part in ("train", "test")}
    scores["mirrored"] = json.loads(programs.run("sateen-evaluate", "-m", str(model), "--mirror", "--json"))
    result = {"epoch": int(row["epoch"]), "mirrored": {key: scores["mirrored"][key] for key in ("loss", "accuracy")}, "test": {key: scores["test"][key] for key in ("loss", "accuracy")},
              "labels": [each["label"] for each in scores["test"]["classes"]], "confusion": scores["test"]["confusion"]}
    if "val_loss" in row:
        result["held_out"] = {"loss": row["val_loss"], "accuracy": row["val_accuracy"]}
        result["train"] = without(scores["train"], result["held_out"], scores["train"]["images"] // 5)
    else:
        result["train"] = {key: scores["train"][key] for key in ("loss", "accuracy")}
    return result


def train(programs, folder, words):
    """Trains into the folder unless that is done. words: options of sateen-train; gives the result."""
    done = folder / "result.json"
    if done.exists():
        return
    last = folder / "last.sateen"
    common = ["--no-plots", "--progress", "none"]
    if last.exists():
        programs.run("sateen-train", "--resume", str(folder), *common)
    else:
        programs.run("sateen-train", "--out", str(folder), *words, *common)
    history = history_of(folder)
    best = min(history, key=lambda row: row.get("val_loss", row["loss"]))
    result = {"version": programs.version(), "options": " ".join(words), "date": rows_of.today(),
              "machine": rows_of.machine(), "device": programs.device_name(),
              "last": measured(programs, last, history[-1]),
              "best": measured(programs, folder / "best.sateen", best)}
    done.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

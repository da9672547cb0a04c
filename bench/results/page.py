"""The finished runs as tables: docs/results.md between its marks, and raw rows in docs/results/."""

import csv
import json
import math
import re
import statistics

from sateen_run import history_of

# Published after 20 epochs: accuracy and loss of the training, of what was held out.
PUBLISHED = {"plain": (0.9896, 0.0272, 0.9210, 0.4804), "dropout": (0.9243, 0.2005, 0.9252, 0.2055)}
NAMES = {"plain": "without dropout", "dropout": "with dropout"}
STATES = {"last": "after epoch 20", "best": "at the epoch of the lowest held-out loss"}
# What a run is judged by: title, and from (result, history row) to the number.
MEASURES = (
    ("training accuracy, running", lambda state, row: row["accuracy"]),
    ("training loss, running", lambda state, row: row["loss"]),
    ("training accuracy, dropout off", lambda state, row: state["train"]["accuracy"]),
    ("training loss, dropout off", lambda state, row: state["train"]["loss"]),
    ("held-out accuracy", lambda state, row: state["held_out"]["accuracy"]),
    ("held-out loss", lambda state, row: state["held_out"]["loss"]),
    ("test accuracy", lambda state, row: state["test"]["accuracy"]),
    ("test loss", lambda state, row: state["test"]["loss"]),
)
PUBLISHED_PLACE = {0: 0, 1: 1, 4: 2, 5: 3}  # measure: place in PUBLISHED


class Run:
    def __init__(self, folder):
        self.system, *model, seed = folder.name.split("-")
        self.model, self.seed = "-".join(model), int(seed)
        self.result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        self.history = history_of(folder)

    def value(self, state, measure):
        at = self.result[state]
        return MEASURES[measure][1](at, self.history[at["epoch"] - 1])


def runs_of(folder):
    """{(system, model): runs in the order of the seed}"""
    found = {}
    for path in sorted(folder.glob("*-*/result.json")):
        run = Run(path.parent)
        found.setdefault((run.system, run.model), []).append(run)
    return {key: sorted(runs, key=lambda run: run.seed) for key, runs in found.items()}


def mean_and_spread(values):
    spread = f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.4f}{spread}"


def difference(ours, theirs):
    """Ours less theirs, and in standard errors of the difference of the two means."""
    if len(ours) < 2 or len(theirs) < 2:
        return ""
    error = math.sqrt(statistics.variance(ours) / len(ours) + statistics.variance(theirs) / len(theirs))
    by = statistics.fmean(ours) - statistics.fmean(theirs)
    return f"{by:+.4f} ({by / error:+.1f})" if error else f"{by:+.4f}"


def comparison(runs, model, state):
    ours, theirs = runs.get(("sateen", model), []), runs.get(("pytorch", model), [])
    lines = ["", f"**{NAMES[model].capitalize()}, {STATES[state]}**", "",
             f"| | published | PyTorch, seeds: {len(theirs)} | Sateen, seeds: {len(ours)} | Sateen less PyTorch (standard errors) |",
             "|---|---|---|---|---|"]
    for i, (title, _) in enumerate(MEASURES):
        published = f"{PUBLISHED[model][PUBLISHED_PLACE[i]]:.4f}" if state == "last" and i in PUBLISHED_PLACE else ""
        a = [run.value(state, i) for run in ours]
        b = [run.value(state, i) for run in theirs]
        lines.append(f"| {title} | {published} | {mean_and_spread(b) if b else ''} | {mean_and_spread(a) if a else ''} "
                     f"| {difference(a, b)} |")
    if state == "best":
        lines.append(f"| epoch | | {epochs(theirs)} | {epochs(ours)} | |")
    return lines


def epochs(runs):
    return ", ".join(str(run.result["best"]["epoch"]) for run in runs)


def recipe(runs):
    if not runs:
        return []
    columns = [("train", "accuracy"), ("test", "accuracy"), ("test", "loss"), ("mirrored", "accuracy"), ("mirrored", "loss")]
    lines = [f"    sateen-train {re.sub(r' --seed [0-9]+', '', runs[0].result['options'])} --backend opencl --seed 0 --out run", "",
             where({"": runs}), "",
             "| seed | training accuracy, dropout off | test accuracy | test loss | test accuracy, `--mirror` | test loss, `--mirror` |",
             "|---|---|---|---|---|---|"]
    for run in runs:
        lines.append(f"| {run.seed} | " + " | ".join(f"{run.result['last'][part][what]:.4f}" for part, what in columns) + " |")
    means = (mean_and_spread([run.result["last"][part][what] for run in runs]) for part, what in columns)
    return [*lines, f"| mean ± deviation | {' | '.join(means)} |"]


def block(text, name, lines):
    """The page with what stands between the marks of this name replaced."""
    begin, end = f"<!-- begin: {name}, made by scripts/results -->", f"<!-- end: {name}, made by scripts/results -->"
    before, rest = text.split(begin)
    return before + begin + "\n" + "\n".join(lines).strip("\n") + "\n" + end + rest.split(end)[1]


def write_rows(runs, folder):
    folder.mkdir(exist_ok=True)
    with open(folder / "runs.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["system", "model", "seed", "state", "epoch", "version"] +
                      [f"{part}_{what}" for part in ("train", "held_out", "test") for what in ("loss", "accuracy")])
        for (system, model), each in runs.items():
            for run in each:
                for state in STATES:
                    at = run.result[state]
                    numbers = [f"{at[part][what]:.6f}" if part in at else ""
                               for part in ("train", "held_out", "test") for what in ("loss", "accuracy")]
                    rows.writerow([system, model, run.seed, state, at["epoch"], run.result["version"], *numbers])
    with open(folder / "epochs.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        columns = ("loss", "accuracy", "val_loss", "val_accuracy")
        rows.writerow(["system", "model", "seed", "epoch", *columns])
        for (system, model), each in runs.items():
            for run in each:
                for row in run.history:
                    rows.writerow([system, model, run.seed, int(row["epoch"])] +
                                  [f"{row[key]:.6f}" if key in row else "" for key in columns])


def where(runs):
    """When, where and by what these runs were made."""
    results = [run.result for each in runs.values() for run in each]
    if not results:
        return ""
    dates = sorted({result["date"] for result in results})
    places = sorted({f"{result['version']} on {result['device']}, {result['machine']}" for result in results})
    return f"{' to '.join(sorted({dates[0], dates[-1]}))}; {'; '.join(places)}. Mean ± standard deviation over the seeds."


def confusion(runs):
    """Test images of all seeds together, after the last epoch: the report of each class, and what was taken for what."""
    if not runs:
        return []
    at = [run.result["last"] for run in runs]
    labels = at[0]["labels"]
    taken = [[sum(each["confusion"][i][j] for each in at) for j in range(len(labels))] for i in range(len(labels))]
    lines = ["| | precision | recall | F1 |", "|---|---|---|---|"]
    for i, label in enumerate(labels):
        precision = taken[i][i] / sum(row[i] for row in taken)
        recall = taken[i][i] / sum(taken[i])
        lines.append(f"| {label} | {precision:.3f} | {recall:.3f} | {2 * precision * recall / (precision + recall):.3f} |")
    lines += ["", "| true class, down; taken for, across | " + " | ".join(labels) + " |", "|---" * (len(labels) + 1) + "|"]
    for i, label in enumerate(labels):
        share = [taken[i][j] / sum(taken[i]) for j in range(len(labels))]
        lines.append(f"| {label} | " + " | ".join(f"{100 * each:.1f}" if each else "" for each in share) + " |")
    return lines


def write(folder, docs):
    runs = runs_of(folder)
    write_rows(runs, docs / "results")
    lines = [where({key: each for key, each in runs.items() if key[1] in PUBLISHED})]
    for model in PUBLISHED:
        for state in STATES:
            lines += comparison(runs, model, state)
    path = docs / "results.md"
    text = path.read_text(encoding="utf-8")
    text = block(text, "comparison", lines)
    text = block(text, "classes", confusion(runs.get(("sateen", "dropout"), [])))
    text = block(text, "recipe", recipe(runs.get(("recipe", ""), [])))
    path.write_text(text, encoding="utf-8")

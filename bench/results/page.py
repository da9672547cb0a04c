"""The finished runs as tables: results.md between its marks, and raw rows in results/."""

import csv
import io
import json
import math
import re
import statistics

from files import Failed, write_whole
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
    """A finished training. Throws Failed for one of an older form, or a broken one."""

    def __init__(self, system, model, seed, folder):
        self.system, self.model, self.seed = system, model, seed
        try:
            self.result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
            self.history = history_of(folder)
            self.states = [state for state in STATES if state in self.result]
            needs = [self.result[key] for key in ("version", "date", "machine", "last")]
            needs += [self.result[state][key] for state in self.states for key in ("epoch", "device", "train", "test")]
            if system != "pytorch":
                needs += [self.result["last"][key] for key in ("labels", "confusion")]
                needs.append(self.result["options"])
            if system == "recipe":
                needs.append(self.result["last"]["mirrored"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failed(f"{folder}: no finished run, or one of an older form ({error!r}); move it away") from None

    def value(self, state, measure):
        at = self.result[state]
        return MEASURES[measure][1](at, self.history[at["epoch"] - 1])


def runs_of(folder):
    """{(system, model): runs in the order of the seed}; the recipe's model is ""."""
    found = {}
    for path in sorted(folder.glob("*/result.json")):
        name = re.fullmatch(r"(sateen|pytorch)-(plain|dropout)-([0-9]+)|(recipe)-([0-9]+)", path.parent.name)
        if name:
            system, model, seed = name[1] or name[4], name[2] or "", int(name[3] or name[5])
            found.setdefault((system, model), []).append(Run(system, model, seed, path.parent))
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


def row_of(*cells):
    return "| " + " | ".join(cells) + " |"


def comparison(runs, model, state):
    ours, theirs = runs.get(("sateen", model), []), runs.get(("pytorch", model), [])
    lines = ["", f"**{NAMES[model].capitalize()}, {STATES[state]}**", "",
             row_of("", "published", f"PyTorch, seeds: {len(theirs)}", f"Sateen, seeds: {len(ours)}",
                    "Sateen less PyTorch (standard errors)"), "|---|---|---|---|---|"]
    for i, (title, _) in enumerate(MEASURES):
        published = f"{PUBLISHED[model][PUBLISHED_PLACE[i]]:.4f}" if state == "last" and i in PUBLISHED_PLACE else ""
        a = [run.value(state, i) for run in ours]
        b = [run.value(state, i) for run in theirs]
        lines.append(row_of(title, published, mean_and_spread(b) if b else "", mean_and_spread(a) if a else "",
                            difference(a, b)))
    if state == "best":
        lines.append(row_of("epoch", "", epochs(theirs), epochs(ours), ""))
    return lines


def epochs(runs):
    return ", ".join(str(run.result["best"]["epoch"]) for run in runs)


def gap(runs):
    """What the picture shows, in numbers."""
    lines = []
    for model, name in NAMES.items():
        last = [run.history[-1] for run in runs.get(("sateen", model), [])]
        if last:
            loss, accuracy, val_loss, val_accuracy = (statistics.fmean(row[key] for row in last)
                                                      for key in ("loss", "accuracy", "val_loss", "val_accuracy"))
            lines.append(f"- {name}: {accuracy:.4f} of the training images and {val_accuracy:.4f} of the held-out ones are "
                         f"right, {accuracy - val_accuracy:+.4f}; losses {loss:.4f} and {val_loss:.4f}.")
    return lines


def places(runs):
    """Where and by what these runs were made, a line each."""
    made = {}
    for run in runs:
        of = f"{run.result['version']} on {run.result['last']['device']}; machine: {run.result['machine']}"
        made.setdefault(of, set()).add(run.result["date"])
    return [f"- {of}; {' to '.join(sorted({min(dates), max(dates)}))}" for of, dates in sorted(made.items())]


def recipe(runs):
    if not runs:
        return []
    commands = {re.sub(r" --seed [0-9]+", "", run.result["options"]) for run in runs}
    if len(commands) > 1:
        raise Failed(f"runs of the recipe have different options: {'; '.join(sorted(commands))}")
    columns = [("train", "accuracy"), ("test", "accuracy"), ("test", "loss"), ("mirrored", "accuracy"), ("mirrored", "loss")]
    mirrored = sorted({run.result["last"]["mirrored"]["device"] for run in runs})
    lines = [f"    sateen-train {commands.pop()} --backend opencl --seed 0 --out run",
             "    sateen-evaluate -m run/last.sateen", "    sateen-evaluate -m run/last.sateen --mirror", "",
             row_of("seed", "training accuracy, dropout off", "test accuracy", "test loss", "test accuracy, `--mirror`",
                    "test loss, `--mirror`"), "|---|---|---|---|---|---|"]
    for run in runs:
        lines.append(row_of(str(run.seed), *(f"{run.result['last'][part][what]:.4f}" for part, what in columns)))
    means = (mean_and_spread([run.result["last"][part][what] for run in runs]) for part, what in columns)
    return [*lines, row_of("mean ± deviation", *means), "", *places(runs),
            f"- evaluated with `--mirror` on {', '.join(mirrored)}"]


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
        f1 = 2 * precision * recall / (precision + recall)
        lines.append(row_of(label, f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}"))
    lines += ["", "Of each true class, by row, so many in a hundred were taken for what the columns say; empty is none:", "",
              row_of("", *labels), "|---" * (len(labels) + 1) + "|"]
    for i, label in enumerate(labels):
        lines.append(row_of(label, *(f"{100 * count / sum(taken[i]):.1f}" if count else "" for count in taken[i])))
    return lines


def block(text, name, lines):
    """The page with what stands between the marks of this name replaced."""
    begin, end = f"<!-- begin: {name}, made by scripts/results -->", f"<!-- end: {name}, made by scripts/results -->"
    before, rest = text.split(begin)
    return before + begin + "\n" + "\n".join(lines).strip("\n") + "\n" + end + rest.split(end)[1]


def table(columns, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def rows_of_runs(runs):
    parts = ("train", "held_out", "test", "mirrored")
    columns = ["system", "model", "seed", "state", "epoch", "version", "options", "device", "date"]
    columns += [f"{part}_{what}" for part in parts for what in ("loss", "accuracy")]
    return table(columns, (
        [run.system, run.model, run.seed, state, at["epoch"], run.result["version"], run.result.get("options", ""),
         at["device"], run.result["date"]] +
        [f"{at[part][what]:.6f}" if part in at else "" for part in parts for what in ("loss", "accuracy")]
        for run in runs for state in run.states for at in [run.result[state]]))


def rows_of_epochs(runs):
    columns = ("loss", "accuracy", "val_loss", "val_accuracy")
    return table(["system", "model", "seed", "epoch", *columns], (
        [run.system, run.model, run.seed, int(row["epoch"])] + [f"{row[key]:.6f}" if key in row else "" for key in columns]
        for run in runs for row in run.history))


def rows_of_confusion(runs):
    """Test images after the last epoch."""
    return table(["system", "model", "seed", "true", "taken_for", "images"], (
        [run.system, run.model, run.seed, last["labels"][i], last["labels"][j], count]
        for run in runs if "confusion" in (last := run.result["last"])
        for i, counts in enumerate(last["confusion"]) for j, count in enumerate(counts) if count))


def write(runs, template, folder):
    """folder/results.md from the template, and its rows in folder/results. All is made before anything is written."""
    every = [run for each in runs.values() for run in each]
    lines = places([run for run in every if run.model])
    for model in PUBLISHED:
        for state in STATES:
            lines += comparison(runs, model, state)
    text = template.read_text(encoding="utf-8")
    text = block(text, "comparison", lines)
    text = block(text, "gap", gap(runs))
    text = block(text, "classes", confusion(runs.get(("sateen", "dropout"), [])))
    text = block(text, "recipe", recipe(runs.get(("recipe", ""), [])))
    made = {"runs.csv": rows_of_runs(every), "epochs.csv": rows_of_epochs(every), "confusion.csv": rows_of_confusion(every)}
    (folder / "results").mkdir(exist_ok=True)
    for name, rows in made.items():
        write_whole(folder / "results" / name, rows)
    write_whole(folder / "results.md", text)

"""Rows of a comparison as a page: medians, ratios to PyTorch's best, and every turn."""

import statistics

from rows import median

MODES = ("train", "infer")


def number(value):
    return f"{value:,.0f}"


def newest(rows):
    """For each thing that was measured, the rows of the last run that finished it: {(model, mode, batch): {system: rows}}.
    finished: every system in it has as many turns as the most."""
    table = {}
    for (model, mode, batch, _), group in rows.groups("model", "mode", "batch", "run").items():
        by_system = {}
        for row in group:
            by_system.setdefault(row["system"], []).append(row)
        table[model, mode, int(batch)] = by_system  # later runs come later
    return table


def best_of(by_system, family="pytorch"):
    speeds = [median(rows) for system, rows in by_system.items() if system.split()[0] == family]
    return max(speeds, default=0)


def cell(rows, best):
    if not rows:
        return "not measured"
    speed = median(rows)
    return f"{number(speed)}" + (f" ({speed / best:.2f} ×)" if best else "")


def load(rows):
    """What else the machine did, in words."""
    busy = [float(row["others"]) for row in rows if row["others"]]
    if not busy:
        return "What else the machine did is not known."
    share = sum(each > 0.1 for each in busy)
    words = f"Others kept {statistics.median(busy):.2f} processors busy meanwhile (median; at the most {max(busy):.2f})."
    if 4 * share > len(busy):
        words += (f" **In {share} of {len(busy)} turns it was more than a tenth: the machine was not idle, and the figures "
                  "are no basis for a claim.**")
    return words


def page(rows, command):
    table = newest(rows)
    lines = []
    for model in dict.fromkeys(model for model, _, _ in table):
        keys = sorted((key for key in table if key[0] == model), key=lambda key: (MODES.index(key[1]), key[2]))
        systems = list(dict.fromkeys(system for key in keys for system in table[key]))
        some = [row for key in keys for group in table[key].values() for row in group]
        dates = sorted({row["date"] for row in some})
        lines += [f"Network `{model}`, {' to '.join(dict.fromkeys((dates[0], dates[-1])))}, "
                  f"{'; '.join(dict.fromkeys(row['machine'] for row in some))}; Sateen at "
                  f"{', '.join(dict.fromkeys(row['commit'] for row in some)) or 'an unknown commit'}; `{command}`. "
                  "Images a second, median of the turns; in brackets the ratio to the best of PyTorch's medians. "
                  + load(some), "",
                  "| system | " + " | ".join(f"{mode}, batch {batch}" for _, mode, batch in keys) + " |",
                  "|---|" + "---|" * len(keys)]
        for system in systems:
            cells = [cell(table[key].get(system), best_of(table[key])) for key in keys]
            lines.append(f"| {system} | " + " | ".join(cells) + " |")
        lines += ["", "Versions: " + "; ".join(f"{system}: {version}" for system, version in dict.fromkeys(
            (row["system"], row["version"]) for row in some)) + ".", "", "Every turn, in order:", "",
                  "| system | mode | batch | images a second |", "|---|---|---|---|"]
        for key in keys:
            for system, group in table[key].items():
                turns = ", ".join(number(float(row["images_per_second"])) for row in group)
                lines.append(f"| {system} | {key[1]} | {key[2]} | {turns} |")
        lines.append("")
    return "\n".join(lines)


def put_into(document, name, text):
    """Replaces the document's section between the marks of that name."""
    begin, end = f"<!-- begin: made by {name} -->", f"<!-- end: made by {name} -->"
    before = document.read_text(encoding="utf-8")
    if begin not in before or end not in before:
        raise SystemExit(f"bench: {document} has no section between {begin} and {end}")
    head, rest = before.split(begin)
    document.write_text(f"{head}{begin}\n{text}{end}{rest.split(end, 1)[1]}", encoding="utf-8")

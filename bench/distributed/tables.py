"""Rows as tables and words: what was measured, with which, and what it gains."""

import statistics

import fit
import outlook

BUSY = 0.1  # processors that others may keep busy on an idle machine
MANY = (8, 64)  # devices, in the short answer
GRADIENTS = {("ordered", "float"): "ordered", ("ordered", "half"): "ordered, half", ("allreduce", "float"): "allreduce"}


def table(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|",
                      *("| " + " | ".join(map(str, line)) + " |" for line in lines), ""])


def milliseconds(seconds):
    value = 1000 * seconds
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def megabits(bandwidth):
    value = 8e-6 * bandwidth
    return f"{float(f'{value:.2g}'):,.0f}" if value >= 10 else f"{value:.2g}"


def times(value):
    """A speed-up, in two digits."""
    if value < 0.01:
        return "under 0.01"
    return f"{float(f'{value:.2g}'):,.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"


def or_bold(commit):
    if not commit:
        return "**a commit that is not known**"
    return f"**{commit}: changed since**" if commit.endswith("+") else commit


def about(rows):
    """Of the whole run, with what failed in it."""
    first, good = rows[0], fit.measured(rows)
    turns = sorted({int(row["turn"]) for row in good})
    dates = sorted({row["date"] for row in rows})
    words = (f"{' to '.join(dict.fromkeys((dates[0], dates[-1])))}, {first['machine']}; Sateen at {or_bold(first['commit'])}, "
             f"`bench/` at {or_bold(first['bench'])}; {first['system']}; network `plain`, `--backend cpu`, each rank with one "
             f"thread; {first['setting']}, of which the first warms up; turns: {len(turns)}. ")
    return words + load(good) + "".join(f"\n- **Failed:** {line}\n" for line in failures(rows))


def load(rows):
    busy = [float(row["others"]) for row in rows if row["others"]]
    if not busy:
        return "What else the machine did is not known.\n"
    much = sum(each > BUSY for each in busy)
    words = f"Others kept {statistics.median(busy):.2f} processors busy meanwhile in the median, {max(busy):.2f} at the most."
    if much:
        words += (f" **In {much} of {len(busy)} rows it was more than {BUSY}: the machine was not idle then, and figures are "
                  "no basis for a claim.**")
    return words + "\n"


def failures(rows):
    """What was not measured after all, in a line each."""
    keys = ("turn", "kind", "place", "ranks", "threads", "batch", "reduce", "wire")
    done = {tuple(row[key] for key in keys) for row in fit.measured(rows)}
    lines = {}
    for row in rows:
        if row["failure"] and tuple(row[key] for key in keys) not in done:
            lines[tuple(row[key] for key in keys)] = row["failure"]
    return [f"turn {' '.join(value for value in key if value)}: {why}" for key, why in lines.items()]


# ---- what it gains


def all_threads(single):
    return max((threads for _, threads in single), default=1)


def ratios(single, batch, seconds):
    """Against a process with one thread, and against one with all processors."""
    return [single[batch, threads] / seconds if (batch, threads) in single else None for threads in (1, all_threads(single))]


def gains(rows, points, network, core, curves):
    """A short answer: how much, over which link."""
    single = fit.single(rows)
    processors = all_threads(single)
    lines = []
    ordered = [point for point in points if (point.reduce, point.wire) == ("ordered", "float")]
    columns = sorted({(point.ranks, point.batch) for point in ordered})
    for place in dict.fromkeys(point.place for point in ordered):
        at = {(point.ranks, point.batch): point.measured for point in ordered if point.place == place}
        lines.append([place, *(" / ".join(times(ratio) for ratio in ratios(single, key[1], at[key]) if ratio)
                               if key in at else "" for key in columns)])
    words = (f"**How much?** Times one process with one thread / times one process with all {processors} processors, which is "
             f"what a training without ranks takes. All ranks here share these {processors} processors, so {processors} times "
             "one thread is the most that any number of them can gain:\n\n")
    words += table(("link", *(f"{ranks} ranks, batch {batch}" for ranks, batch in columns)), lines)
    devices = outlook.devices(core)
    hidden = 100 * (1 - network.buckets()[0].ready)
    words += (f"\n**Which link?** In a step a rank sends 2 · (N − 1)/N · {network.bytes / 1e6:.2f} MB and receives as much. "
              f"The first gradients are ready when {hidden:.0f} % of the computing is still ahead; what travels meanwhile is "
              f"hidden. To hide all of it, with {outlook.EACH} images for each device, a link has to carry in Mbit/s, each "
              "way:\n\n")
    words += table(("device", "ms a step", "2 devices", "many devices"),
                   [[device.name, milliseconds(device.step(outlook.EACH)),
                     *(megabits(outlook.wanted_rate(network, device, ranks)) for ranks in (2, 1 << 20))] for device in devices])
    found = [[curve["device"], curve["link"], *(times(at) for ranks, at in zip(curve["ranks"], curve["speed_up"])
                                                if ranks in MANY)]
             for curve in curves if (curve["reduce"], curve["batch"]) == ("ordered", outlook.KINDS[0])]
    return words + (f"\n**More machines?** By the [model](#drawn-out-to-1024-devices), with {outlook.EACH} images for each "
                    "device, times one device:\n\n") + table(("device", "link", *(f"{ranks} devices" for ranks in MANY)), found)


def ranked(rows, points, places):
    """Every point of several ranks, and for the host the single processes that they are held against."""
    single, lines = fit.single(rows), []
    groups = fit.grouped(rows, "train", "place", "ranks", "batch", "reduce", "wire")
    if "host" in places:
        for (batch, threads) in sorted(single, key=lambda key: (key[1], key[0])):
            if (batch, all_threads(single)) in single:
                group = fit.grouped(rows, "alone", "ranks", "batch", "threads")["1", str(batch), str(threads)]
                lines.append(["host", f"one process, threads={threads}", batch, "", *figures(group, single[batch, threads]),
                              *ratio_cells(single, batch, single[batch, threads])])
    for point in points:
        if point.place in places:
            group = groups[point.place, str(point.ranks), str(point.batch), point.reduce, point.wire]
            lines.append([point.place, f"{point.ranks} ranks", point.batch, GRADIENTS[point.reduce, point.wire],
                          *figures(group, point.measured), *ratio_cells(single, point.batch, point.measured)])
    return table(("where", "", "batch", "gradients", "ms a step", "least–most", "times one thread",
                  f"times {all_threads(single)} threads"), lines)


def figures(group, middle):
    least, most = fit.spread(group)
    return milliseconds(middle), f"{milliseconds(least)}–{milliseconds(most)}"


def ratio_cells(single, batch, seconds):
    return [times(ratio) if ratio else "" for ratio in ratios(single, batch, seconds)]


def links(rows):
    """What the links do, each from the first node to the others; the least and the most of all turns."""
    lines = []
    for (place,), group in fit.grouped(rows, "link", "place").items():
        there_and_back = [float(row["seconds"]) for row in group]
        one_way, both = zip(*(map(float, row["all"].split()[1:]) for row in group))
        relay = [float(row["relay"]) for row in rows if row["place"] == place and row["kind"] == "train" and row["relay"]]
        lines.append([place, f"{milliseconds(min(there_and_back))}–{milliseconds(max(there_and_back))}",
                      f"{min(one_way):.0f}–{max(one_way):.0f}", f"{min(both):.0f}–{max(both):.0f}", group[0]["delay"],
                      f"{statistics.median(relay):.2f}, {max(relay):.2f}" if relay else ""])
    return table(("link", "there and back, ms", "Mbit/s one way", "Mbit/s each of both ways", "delay by",
                  "processors of delay.py, median, most"), lines)


def buckets(rows):
    """What Open MPI does with a step's buckets when nothing computes."""
    groups = fit.grouped(rows, "buckets", "place", "reduce", "ranks")
    ranks = sorted({int(key[2]) for key in groups})

    def cell(group):
        least = 1000 * min(float(row["all"]) for row in group)
        return f"{least:.0f}, {1000 * fit.seconds(group):.0f} ms"

    lines = [[place, how, *(cell(groups[place, how, str(count)]) if (place, how, str(count)) in groups else ""
                            for count in ranks)] for place, how in dict.fromkeys(key[:2] for key in groups)]
    return table(("link", "how", *(f"{count} ranks" for count in ranks)), lines)

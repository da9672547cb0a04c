"""The model's constants from rows of single ranks and of messages, and the model beside the rows of several ranks."""

import dataclasses
import statistics
import subprocess
from typing import NamedTuple

import model


class Point(NamedTuple):
    """Medians of the turns."""
    place: str
    ranks: int
    batch: int
    reduce: str
    wire: str
    measured: float
    alone: float  # a step of as many single ranks at once
    modelled: model.Step

    @property
    def error(self):
        return self.modelled.seconds / self.measured - 1

    @property
    def error_without_messages(self):
        return self.alone / self.measured - 1


def network_of(binaries):
    summary = subprocess.run([binaries / "sateen-train", "--summary", "--model", "plain"], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=True, timeout=60).stdout
    return model.Network(summary)


def measured(rows):
    """Without those that only say what failed."""
    return [row for row in rows if not row["failure"]]


def grouped(rows, kind, *keys):
    found = {}
    for row in rows:
        if row["kind"] == kind:
            found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


def seconds(rows):
    """The median of the turns, each of which is a median of epochs."""
    return statistics.median(float(row["seconds"]) for row in rows)


def spread(rows):
    """Of all epochs of all turns: the least, the most."""
    every = [float(value) for row in rows for value in row["all"].split()]
    return min(every), max(every)


def median_of(found):
    """Of each number in some of a dataclass."""
    return dataclasses.replace(found[0], **{
        field.name: statistics.median(getattr(each, field.name) for each in found)
        for field in dataclasses.fields(found[0]) if field.type in (float, "float")})


def update_of(rows):
    """Seconds of Adam's in a step, by one rank that has a processor to itself; 0 where it was not measured."""
    found = [float(row["seconds"]) for row in rows if row["kind"] == "update"]
    return statistics.median(found) if found else 0.0


def device_of(rows, place, count):
    """One of so many single ranks at once, as they were between the measurements of this place; None: not measured."""
    found = {int(batch): seconds(group) for (where, ranks, threads, batch), group in
             grouped(rows, "alone", "place", "ranks", "threads", "batch").items()
             if (where, ranks, threads) == (place, str(count), "1")}
    return model.Device(f"{count} at once", tuple(sorted(found.items())), update_of(rows)) if found else None


def core_of(rows):
    """A rank that has a processor to itself, or None."""
    found = device_of(rows, "host", 1)
    return dataclasses.replace(found, name="one processor of this machine") if found else None


def single(rows):
    """{(batch, threads): seconds of a step by a single process}"""
    return {(int(batch), int(threads)): seconds(found) for (count, batch, threads), found in
            grouped(rows, "alone", "ranks", "batch", "threads").items() if count == "1"}


def link_of(place, rows):
    """From a turn's messages. Rates are those between large ones of two sizes."""
    at = {(int(row["bytes"]), int(row["messages"])): row for row in rows}
    time = {key: float(row["seconds"]) for key, row in at.items()}
    used = {key: float(row["processor"]) for key, row in at.items()}
    tiny, *ones = sorted(key for key in at if key[1] == 1)
    fours = sorted(key for key in at if key[1] == 4)
    many = max(at, key=lambda key: key[1])
    latency, one_way = time[tiny], rate(time, *ones)
    # An exchange both ways sends and receives.
    return model.Link(place, one_way, min(one_way, rate(time, *fours)), latency, max(0.0, (time[many] - latency) / many[1]),
                      used[fours[-1]] / (2 * bytes_of(fours[-1])), used[many] / (2 * many[1]))


def bytes_of(key):
    return key[0] * key[1]


def rate(time, less, more):
    """What more bytes take longer; on a machine so busy that they take no longer, what they take."""
    if time[more] <= time[less]:
        return bytes_of(more) / time[more]
    return (bytes_of(more) - bytes_of(less)) / (time[more] - time[less])


def links_of(rows):
    """{place: Link}, of each constant the median of the turns."""
    turns = {}
    for (place, _), group in grouped(rows, "messages", "place", "turn").items():
        turns.setdefault(place, []).append(link_of(place, group))
    found = {place: median_of(links) for place, links in turns.items()}
    # While a rank waits for a slow link it sleeps and looks: what messages take is seen where links are quick.
    over_tcp = [link for place, link in found.items() if place != "host"]
    least = {name: min((getattr(link, name) for link in over_tcp), default=0.0) for name in ("processor", "processor_message")}
    return {place: link if place == "host" else dataclasses.replace(link, **least) for place, link in found.items()}


def check(rows, network, links):
    """The model beside each point of ranks. What a step computes is as long as that of as many single ranks at once of the
    same place and turn, which share the processors as well."""
    found = {}
    for (turn,), group in grouped(rows, "train", "turn").items():
        near = [row for row in rows if row["turn"] == turn]
        core = core_of(near) or core_of(rows)
        for row in group:
            ranks, batch = int(row["ranks"]), int(row["batch"])
            device, share = device_of(near, row["place"], ranks), -(-batch // ranks)
            if device is None or row["place"] not in links:
                continue
            sharing = max(1.0, device.step(share) / core.step(share)) if core else 1.0
            step = model.step(network, device, links[row["place"]], ranks, share, reduce=row["reduce"],
                              half=row["wire"] == "half", sharing=sharing)
            key = row["place"], ranks, batch, row["reduce"], row["wire"]
            found.setdefault(key, []).append((float(row["seconds"]), step))
    points = []
    for key, turns in found.items():
        step = median_of([step for _, step in turns])
        points.append(Point(*key, statistics.median(took for took, _ in turns), step.alone, step))
    return points

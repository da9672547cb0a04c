"""The model's constants from rows of single ranks and of messages, and the model beside the rows of several ranks."""

import dataclasses
import statistics
import subprocess
from typing import NamedTuple

import model


class Point(NamedTuple):
    place: str
    ranks: int
    batch: int
    reduce: str
    wire: str
    measured: float
    modelled: model.Step

    @property
    def error(self):
        return self.modelled.seconds / self.measured - 1


def network_of(binaries):
    summary = subprocess.run([binaries / "sateen-train", "--summary", "--model", "plain"], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=True, timeout=60).stdout
    return model.Network(summary)


def grouped(rows, kind, *keys):
    found = {}
    for row in rows:
        if row["kind"] == kind:
            found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


def seconds(rows):
    """The median of the turns, each of which is a median of epochs."""
    return statistics.median(float(row["seconds"]) for row in rows)


def least(rows):
    """Of all epochs of all turns."""
    return min(float(value) for row in rows for value in row["all"].split())


def device_of(rows, place, count):
    """One of so many single ranks at once, as they were between the measurements of this place; None: not measured."""
    points = [(int(batch), seconds(found)) for (where, ranks, batch), found in
              grouped(rows, "alone", "place", "ranks", "batch").items() if (where, ranks) == (place, str(count))]
    return model.Device.of_points(f"{count} at once", points) if len(points) > 1 else None


def core_of(rows):
    """One processor to itself, as far as there was one: each point's quickest epoch."""
    points = {}
    for (batch,), found in grouped(rows, "alone", "batch").items():
        points[int(batch)] = least(found)
    return model.Device.of_points("one core of this CPU", sorted(points.items()))


def single(rows):
    """{batch: seconds of a step by a single rank that nobody else belongs to}"""
    return {int(batch): seconds(found) for (count, batch), found in grouped(rows, "alone", "ranks", "batch").items()
            if count == "1"}


def links_of(rows):
    """{place: Link}, of the quickest messages."""
    found = {}
    for (place,), group in grouped(rows, "messages", "place").items():
        quickest, processor = {}, {}
        for row in group:
            key = int(row["bytes"]), int(row["messages"])
            quickest[key] = min(quickest.get(key, float("inf")), float(row["seconds"]))
            processor[key] = min(processor.get(key, float("inf")), float(row["processor"]))
        ones = [(size, took) for (size, count), took in quickest.items() if count == 1]
        (_, count), took = next((key, took) for key, took in quickest.items() if key[1] > 1)
        found[place] = model.Link.of_points(place, ones, (count, took), processor[max(key for key in processor if key[1] == 1)])
    # While a rank waits for a slow link it sleeps and looks: what a byte itself takes is seen where links are quick.
    over_tcp = min((link.processor for place, link in found.items() if place != "host"), default=0.0)
    return {place: link if place == "host" else dataclasses.replace(link, processor=over_tcp) for place, link in found.items()}


def check(rows, network, links):
    """The model beside each point of ranks. What a step computes is as long as that of as many single ranks at once of the
    same place and turn, which share the processors as well."""
    quickest = core_of(rows)
    found = {}
    for (turn,), group in grouped(rows, "train", "turn").items():
        near = [row for row in rows if row["turn"] == turn]
        for row in group:
            ranks, batch = int(row["ranks"]), int(row["batch"])
            device = device_of(near, row["place"], ranks)
            if device is None or row["place"] not in links:
                continue
            step = model.step(network, device, links[row["place"]], ranks, -(-batch // ranks), reduce=row["reduce"],
                              half=row["wire"] == "half", sharing=max(1.0, device.per_image / quickest.per_image))
            key = row["place"], ranks, batch, row["reduce"], row["wire"]
            found.setdefault(key, []).append((float(row["seconds"]), step))
    return [Point(*key, statistics.median(measured for measured, _ in turns), median_step([step for _, step in turns]))
            for key, turns in found.items()]


def median_step(steps):
    return model.Step(*(statistics.median(getattr(step, field.name) for step in steps)
                        for field in dataclasses.fields(model.Step)))

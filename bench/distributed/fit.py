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


def devices_of(rows):
    """{processes at once: Device}, each of them one rank that nobody else belongs to."""
    points = {}
    for (count, batch), found in grouped(rows, "alone", "ranks", "batch").items():
        points.setdefault(int(count), []).append((int(batch), seconds(found)))
    return {count: model.Device.of_points(f"{count} at once", each) for count, each in sorted(points.items())
            if len(each) > 1}


def core_of(rows):
    """One processor to itself, as far as there was one: each point's quickest epoch."""
    points = {}
    for (batch,), found in grouped(rows, "alone", "batch").items():
        points[int(batch)] = least(found)
    return model.Device.of_points("one core of this CPU", sorted(points.items()))


def single(rows):
    """{batch: seconds of a step by a single rank}"""
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


def check(rows, network, devices, links):
    """The model beside each point of several ranks, and of a single one. What a step computes is as long as that of as
    many single ranks at once, which share the processors as well."""
    points = []
    quickest = core_of(rows)
    for (place, ranks, batch, reduce, wire), found in grouped(rows, "train", "place", "ranks", "batch", "reduce",
                                                              "wire").items():
        device = devices.get(int(ranks))
        if device is None or place not in links:
            continue
        share = -(-int(batch) // int(ranks))
        step = model.step(network, device, links[place], int(ranks), share, reduce=reduce, half=wire == "half",
                          sharing=max(1.0, device.per_image / quickest.per_image))
        points.append(Point(place, int(ranks), int(batch), reduce, wire, seconds(found), step))
    return points

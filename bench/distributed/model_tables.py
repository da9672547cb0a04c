"""The model's constants, the model beside what was measured, and drawn out, as tables."""

import statistics

import fit
import outlook
from tables import GRADIENTS, megabits, milliseconds, table, times


def messages(measured):
    lines = [[place, f"{1e6 * link.latency:,.0f} µs", megabits(link.bandwidth), megabits(link.mutual),
              f"{1e6 * link.per_message:.2f} µs", f"{1e9 * link.processor:.2f} ns", f"{1e6 * link.processor_message:.2f} µs"]
             for place, link in measured.items()]
    return table(("link", "latency L", "B, Mbit/s one way", "b, Mbit/s each of both", "one of many, m",
                  "processor, for a byte", "for a message"), lines)


def devices(rows, network):
    """Single ranks on this machine: a step, by images of a share and by how many are at work at once."""
    found = {count: fit.device_of(rows, "host", count) for count in (1, 2, 4)}
    found = {count: dict(device.points) for count, device in found.items() if device}
    shares = sorted({share for points in found.values() for share in points})
    lines = [[share, *(milliseconds(points[share]) if share in points else "" for points in found.values())]
             for share in shares]
    core = fit.core_of(rows)
    largest, step = core.points[-1]
    return (table(("images", *(f"{count} at once" for count in found)), lines)
            + f"\nWith {largest} images that is {network.flops * largest / step / 1e9:.0f} GFLOP/s by one process. The update "
              f"(`adam` of `--profile`) takes {milliseconds(core.update)} ms of each step.\n")


def percent(values):
    return f"{100 * statistics.median(values):.0f} %, {100 * max(values):.0f} %"


def checks(points):
    """First by place, then each point."""
    lines = []
    for place in dict.fromkeys(point.place for point in points):
        here = [point for point in points if point.place == place]
        lines.append([place, len(here), percent([abs(point.error) for point in here]),
                      percent([abs(point.error_without_messages) for point in here]),
                      milliseconds(statistics.median(abs(point.modelled.seconds - point.measured) for point in here))])
    words = table(("where", "points", "error of the model: median, most", "of a model without messages",
                   "error, median, ms"), lines)
    lines = []
    for point in points:
        step = point.modelled
        lines.append([point.place, point.ranks, point.batch, GRADIENTS[point.reduce, point.wire], milliseconds(point.measured),
                      milliseconds(step.seconds), f"{100 * point.error:+.0f} %",
                      milliseconds(point.measured - point.alone), milliseconds(step.seconds - step.alone),
                      milliseconds(step.exchange)])
    return words + "\n" + table(("where", "ranks", "batch", "gradients", "ms a step", "model", "error", "not hidden, measured",
                                 "not hidden, model", "all messages, model"), lines)


def from_devices(number):
    return f"{number:,}" if number else f"not up to {outlook.RANKS[-1]:,}"


def drawn_out(curves):
    """A table for each device."""
    words = ""
    for device in dict.fromkeys(curve["device"] for curve in curves):
        lines = []
        for curve in (curve for curve in curves if curve["device"] == device):
            at = dict(zip(curve["ranks"], curve["speed_up"]))
            fixed = curve["batch"] != outlook.KINDS[0]
            lines.append([curve["link"], curve["batch"], curve["reduce"], *(times(at[ranks]) for ranks in outlook.SHOWN),
                          from_devices(curve["half"]), from_devices(curve["waits"]),
                          f"{curve['fastest']:,}" if fixed else ""])
        words += f"**{device[0].upper() + device[1:]}**\n\n" + table(
            ("link", "images", "gradients", *(f"{ranks:,} devices" for ranks in outlook.SHOWN),
             "less than half of N times from", "waits longer than it computes from", "fastest with"), lines) + "\n"
    return words.rstrip("\n") + "\n"

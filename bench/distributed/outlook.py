"""The model drawn out to 1,024 devices: one core of this CPU and an H100, over links of three rates."""

import model

RANKS = [2 ** i for i in range(11)]
SHOWN = (2, 8, 64, 1024)
# docs/performance.md: images a second in training by batch, f32 on OpenCL.
H100 = ((64, 177_845), (256, 333_809))
# Latencies are assumed, as usual ones: Ethernet with TCP at 1 and 10 Gbit/s, InfiniBand or RoCE at 100.
LINKS = (("1 Gbit/s, 50 µs", 1, 50e-6), ("10 Gbit/s, 20 µs", 10, 20e-6), ("100 Gbit/s, 5 µs", 100, 5e-6))
TOTAL = 1024  # images of a batch that all devices share


def shares(kind, ranks):
    return 64 if kind == "64 each" else -(-TOTAL // ranks)


def curve(network, device, link, kind, reduce):
    single = model.step(network, device, link, 1, shares(kind, 1)).seconds
    growth = [ranks if kind == "64 each" else 1 for ranks in RANKS]
    steps = [model.step(network, device, link, ranks, shares(kind, ranks), reduce=reduce) for ranks in RANKS]
    crossing = model.crossing(network, device, link, {ranks: shares(kind, ranks) for ranks in range(2, RANKS[-1] + 1)},
                              reduce=reduce)
    at_crossing = crossing and (crossing if kind == "64 each" else 1) * single / model.step(
        network, device, link, crossing, shares(kind, crossing), reduce=reduce).seconds
    return {"device": device.name, "link": link.name, "batch": kind, "reduce": reduce, "ranks": RANKS,
            "speed_up": [more * single / step.seconds for more, step in zip(growth, steps)], "crossing": crossing,
            "at_crossing": at_crossing}


def curves(network, core, measured):
    """measured: links of this machine, of which the cost of one more message over TCP is taken."""
    over_tcp = [link.per_message for place, link in measured.items() if place != "host"]
    per_message = min(over_tcp, default=measured["host"].per_message)
    h100 = model.Device.of_points("H100", [(batch, batch / speed) for batch, speed in H100])
    links = [model.Link(name, 1e9 / 8 * gigabits, latency, per_message) for name, gigabits, latency in LINKS]
    found = [curve(network, device, link, kind, "ordered")
             for device in (core, h100) for link in links for kind in ("64 each", f"{TOTAL:,} in all")]
    return found + [curve(network, device, links[1], "64 each", reduce)
                    for device in (core, h100) for reduce in ("allreduce", "ring", "gathered")]

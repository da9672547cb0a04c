"""The model drawn out to 1,024 devices: one processor of this machine and an H100, over links of three rates."""

import model

RANKS = [2 ** i for i in range(11)]
SHOWN = (2, 8, 64, 1024)
# docs/performance.md: images a second in training by batch, f32 on OpenCL. What of a step is the update is not known there.
H100 = ((64, 177_845), (256, 333_809))
# Latencies are assumed, as usual ones: Ethernet with TCP at 1 and 10 Gbit/s, InfiniBand or RoCE at 100.
LINKS = (("1 Gbit/s, 50 µs", 1, 50e-6), ("10 Gbit/s, 20 µs", 10, 20e-6), ("100 Gbit/s, 5 µs", 100, 5e-6))
EACH, TOTAL = 64, 1024  # images of a device's share; of a batch that all devices share
KINDS = (f"{EACH} each", f"{TOTAL:,} in all")


def devices(core):
    return core, model.Device("H100", tuple((batch, batch / speed) for batch, speed in H100), moves_messages=False)


def links(measured):
    """Over TCP as here, but for rate and latency; and who waits naps, as here."""
    over_tcp = [link for place, link in measured.items() if place != "host"] or [measured["host"]]
    cost = {name: min(getattr(link, name) for link in over_tcp) for name in ("per_message", "processor", "processor_message")}
    return [model.Link(name, 1e9 / 8 * gigabits, 1e9 / 8 * gigabits, latency + measured["host"].latency, **cost)
            for name, gigabits, latency in LINKS]


def first(numbers, holds):
    return next((number for number in numbers if holds(number)), None)


def curve(network, device, link, kind, reduce):
    def share(ranks):
        return EACH if kind == KINDS[0] else -(-TOTAL // ranks)

    steps = {ranks: model.step(network, device, link, ranks, share(ranks), reduce=reduce)
             for ranks in range(1, RANKS[-1] + 1)}
    speed_up = {ranks: (ranks if kind == KINDS[0] else 1) * steps[1].seconds / step.seconds for ranks, step in steps.items()}
    waits = first(steps, lambda ranks: steps[ranks].waiting > steps[ranks].alone)
    return {"device": device.name, "link": link.name, "batch": kind, "reduce": reduce, "ranks": RANKS,
            "speed_up": [speed_up[ranks] for ranks in RANKS],
            "half": first(steps, lambda ranks: speed_up[ranks] < ranks / 2),
            "fastest": max(speed_up, key=speed_up.get),
            "waits": waits, "at_waits": waits and speed_up[waits]}


def curves(network, core, measured):
    found = [curve(network, device, link, kind, "ordered")
             for device in devices(core) for link in links(measured) for kind in KINDS]
    return found + [curve(network, device, links(measured)[1], KINDS[0], reduce)
                    for device in devices(core) for reduce in ("allreduce", "ring", "gathered")]


def wanted_rate(network, device, ranks):
    """Bytes a second, each way, with which all of a step's messages could be hidden: while the device computes on after the
    first gradients are ready."""
    step = device.step(EACH)
    moved = sum(phase.messages * phase.bytes for phase in model.ordered(network.bytes, ranks))
    return moved / ((step - device.update) * (1 - network.buckets()[0].ready))

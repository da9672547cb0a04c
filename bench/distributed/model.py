"""What a training step by several ranks costs: computing, messages, and what of these the backward pass hides.

Everything is in seconds, bytes and FLOP. A rank's processor computes; meanwhile its gradients travel, a bucket after the
other, each from when it is ready; then the parameters are updated. docs/distributed.md says it in words."""

import dataclasses
import heapq
import math
import re

FLOAT = 4
BUCKET = 256 << 10  # sateen-train's --bucket-kib
EAGER = 64 << 10  # larger messages over TCP are asked for first, in Open MPI
RECORD = 16  # bytes that each rank tells each other in a step


@dataclasses.dataclass(frozen=True)
class Layer:
    name: str
    weights: int
    flops: float  # of one image forward


@dataclasses.dataclass(frozen=True)
class Bucket:
    bytes: int
    ready: float  # share of a step's FLOPs after which it is


class Network:
    """From what sateen-train --summary prints: layers with weights, and the places of the output that use each weight."""

    def __init__(self, summary):
        self.layers = []
        for line in summary.splitlines():
            found = re.match(r" (\S+) \((conv2d|dense)\) +\(None, ([\d, ]+)\) +([\d,]+)", line)
            if not found:
                continue
            *places, channels = map(int, found[3].split(","))
            weights = int(found[4].replace(",", ""))
            count = 1
            for side in places:
                count *= side
            self.layers.append(Layer(found[1], weights, 2.0 * (weights - channels) * count))
        if not self.layers:
            raise ValueError("the summary names no layer with weights")
        self.bytes = FLOAT * sum(layer.weights for layer in self.layers)
        # Backward: the gradient of the weights, and but for the first layer that of its input.
        self.flops = sum(3 * layer.flops for layer in self.layers) - self.layers[0].flops

    def buckets(self, least=BUCKET):
        """From the last layer on, as the backward pass goes."""
        found, waiting = [], 0
        done = sum(layer.flops for layer in self.layers)
        for i, layer in reversed(list(enumerate(self.layers))):
            done += (2 if i else 1) * layer.flops
            waiting += FLOAT * layer.weights
            if waiting >= least or i == 0:
                found.append(Bucket(waiting, done / self.flops))
                waiting = 0
        return found


@dataclasses.dataclass(frozen=True)
class Device:
    name: str
    per_image: float  # of the step, for each image of the share
    per_step: float  # whatever the share: starting operations, the update of the parameters

    @staticmethod
    def of_points(name, points):
        """From (images, seconds of a step), by least squares of the relative errors."""
        # seconds = a·images + b; divided by seconds.
        rows = [(n / s, 1 / s) for n, s in points]
        uu, uv, vv = (sum(r[i] * r[j] for r in rows) for i, j in ((0, 0), (0, 1), (1, 1)))
        u, v = (sum(r[i] for r in rows) for i in (0, 1))
        determinant = uu * vv - uv * uv
        per_image, per_step = (u * vv - v * uv) / determinant, (v * uu - u * uv) / determinant
        if per_step < 0:  # noise, or a device that is quicker with few
            per_image, per_step = u / uu, 0.0
        return Device(name, per_image, per_step)

    def rate(self, network):
        """FLOP a second while it computes."""
        return network.flops / self.per_image


@dataclasses.dataclass(frozen=True)
class Link:
    name: str
    bandwidth: float  # bytes a second, each way
    latency: float  # from one rank's sending to the other's noticing
    per_message: float  # what sending and receiving one costs beyond that, where many are under way
    processor: float = 0.0  # seconds that a byte sent or received takes of the processor which computes

    @staticmethod
    def of_points(name, points, many, processor):
        """points: (bytes, seconds one way). many: (messages each way, seconds). Latency is that of the smallest, bandwidth
        that between 128 KiB and the largest."""
        points = sorted(points)
        latency = min(took for size, took in points if size <= 1024)
        large = [point for point in points if point[0] >= 128 << 10]
        (n, least), (m, most) = large[0], large[-1]
        count, seconds = many
        bandwidth = (m - n) / (most - least)
        return Link(name, bandwidth, latency, max(0.0, (seconds - latency) / count), processor)

    def phase(self, size, count=1):
        """Messages of one size to so many others at once: (seconds that the link is taken, seconds beyond)."""
        return count * (size / self.bandwidth + self.per_message), (3 if size > EAGER else 1) * self.latency


# How a bucket of so many bytes becomes the same sum on all of so many ranks (at least 2): phases, each after the other.

def ordered(size, ranks, link):
    """sateen-train's default: each rank gets its slice from all others, adds it up, and sends all others the sum."""
    return [link.phase(size / ranks, ranks - 1)] * 2


def allreduce(size, ranks, link):
    """What Open MPI 4.1 does for MPI_Iallreduce: with fewer than four ranks all of it up a binomial tree, and down. Else
    pairs of ranks swap halves of it, others halves of these, and so on, and back; ranks beyond a power of two give theirs to
    others before, and get the sum after."""
    if ranks < 4:
        return [link.phase(size)] * (2 * math.ceil(math.log2(ranks)))
    rounds = int(math.log2(ranks))
    halves = [link.phase(size / 2 ** (i + 1)) for i in range(rounds)]
    if 2 ** rounds == ranks:
        return halves + halves[::-1]
    return [link.phase(size / 2)] * 2 + halves + halves[::-1] + [link.phase(size)]


def ring(size, ranks, link):
    """What MPI libraries do for large MPI_Allreduce: a slice at a time around a ring, twice."""
    return [link.phase(size / ranks)] * (2 * (ranks - 1))


def gathered(size, ranks, link):
    """Everybody gets everything from everybody."""
    return [link.phase(size, ranks - 1)]


EXCHANGES = {"ordered": ordered, "allreduce": allreduce, "ring": ring, "gathered": gathered}


def moved(size, ranks, reduce):
    """Bytes that a rank receives, at the most, and sends as many."""
    if reduce == "gathered":
        return (ranks - 1) * size
    if reduce == "allreduce" and (ranks < 4 or ranks & (ranks - 1)):
        return size if ranks == 2 else 2 * size
    return 2 * (ranks - 1) / ranks * size


def arrival(buckets):
    """When all is over. buckets: (when it is ready, its phases); a link carries one phase at a time, whoever asks first,
    and nothing while messages of a phase are on their way."""
    waiting = [(ready, i, 0) for i, (ready, _) in enumerate(buckets)]
    heapq.heapify(waiting)
    free = end = 0.0
    while waiting:
        ready, i, k = heapq.heappop(waiting)
        phases = buckets[i][1]
        taken, beyond = phases[k]
        free = max(free, ready) + taken
        end = max(end, free + beyond)
        if k + 1 < len(phases):
            heapq.heappush(waiting, (free + beyond, i, k + 1))
    return end


@dataclasses.dataclass(frozen=True)
class Step:
    seconds: float
    computing: float
    exchange: float  # all messages, whether hidden or not

    @property
    def waiting(self):
        return self.seconds - self.computing


def step(network, device, link, ranks, share, *, reduce="ordered", half=False, sharing=1.0):
    """share: the most images that a rank has in a step. sharing: of how many that want it a rank's processor is one."""
    wire = 0.5 if half else 1.0
    computing, update = share * device.per_image, device.per_step
    if ranks == 1:
        return Step(computing + update, computing + update, 0.0)
    computing += sharing * link.processor * 2 * moved(wire * network.bytes, ranks, reduce)
    buckets = [(bucket.ready, EXCHANGES[reduce](wire * bucket.bytes, ranks, link)) for bucket in network.buckets()]
    buckets.append((1.0, [link.phase(RECORD, ranks - 1)]))
    end = arrival([(computing * ready, phases) for ready, phases in buckets])
    return Step(end + update, computing + update, arrival([(0.0, phases) for _, phases in buckets]))


def crossing(network, device, link, shares, **how):
    """The least number of ranks at which the exchange takes longer than computing, or None. shares: {ranks: share}"""
    for ranks in sorted(shares):
        found = step(network, device, link, ranks, shares[ranks], **how)
        if found.exchange > found.computing:
            return ranks
    return None

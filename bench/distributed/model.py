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
PIECE = 60 << 10  # that sateen-train therefore sends at a time
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
    points: tuple  # (images, seconds of a step by one rank), from few images to many
    update: float = 0.0  # seconds of these in which the parameters change: after all messages, so it hides none
    moves_messages: bool = True  # whether what messages take of a processor is taken from computing

    def step(self, images):
        """Along lines between the points, and on beyond them."""
        if len(self.points) == 1:
            (n, least), = self.points
            return least * images / n
        before = [point for point in self.points[:-1] if point[0] <= images] or [self.points[0]]
        (n, least) = before[-1]
        (m, most) = self.points[self.points.index(before[-1]) + 1]
        return max(self.update, least + (most - least) * (images - n) / (m - n))


@dataclasses.dataclass(frozen=True)
class Link:
    name: str
    bandwidth: float  # bytes a second one way
    mutual: float  # that each way has where two ranks send each other pieces at the same time
    latency: float  # from one rank's sending to the other's noticing, which sleeps between its looks
    per_message: float  # what one costs of the link beyond that, where many are under way
    processor: float = 0.0  # seconds that a byte sent or received takes of the processor which computes
    processor_message: float = 0.0  # that a message does, sent or received

    def taken(self, phase):
        """Seconds that it carries nothing else, and seconds beyond."""
        rate = self.mutual if phase.ours and phase.bytes > PIECE else self.bandwidth
        return (phase.messages * (phase.bytes / rate + phase.pieces * self.per_message),
                (3 if phase.bytes > EAGER and not phase.ours else 1) * self.latency)

    def work(self, phases):
        """Seconds of a rank's processor."""
        return sum(phase.ways * phase.messages * (phase.bytes * self.processor + phase.pieces * self.processor_message)
                   for phase in phases)


@dataclasses.dataclass(frozen=True)
class Phase:
    """Messages of so many bytes to as many others at once; a rank sends and receives them, or does one of the two."""
    messages: int
    bytes: float
    ways: int = 2
    ours: bool = False  # whether it is sateen-train's own, in pieces, and the others send it as many at the same time

    @property
    def pieces(self):
        return math.ceil(self.bytes / PIECE) if self.ours else 1


# How a bucket of so many bytes becomes the same sum on all of so many ranks (at least 2): phases, each after the other.

def ordered(size, ranks):
    """sateen-train's default: each rank gets its slice from all others, adds it up, and sends all others the sum."""
    return [Phase(ranks - 1, size / ranks, ours=True)] * 2


def allreduce(size, ranks):
    """What Open MPI 4.1 does for MPI_Iallreduce: with fewer than four ranks all of it up a binomial tree, and down. Else
    pairs of ranks swap halves of it, others halves of these, and so on, and back; ranks beyond a power of two give theirs to
    others before, and get the sum after."""
    if ranks < 4:
        return [Phase(1, size, 1)] * (2 * math.ceil(math.log2(ranks)))
    rounds = int(math.log2(ranks))
    halves = [Phase(1, size / 2 ** (i + 1)) for i in range(rounds)]
    if 2 ** rounds == ranks:
        return halves + halves[::-1]
    return [Phase(1, size / 2)] * 2 + halves + halves[::-1] + [Phase(1, size, 1)]


def ring(size, ranks):
    """What MPI libraries do for large MPI_Allreduce: a slice at a time around a ring, twice."""
    return [Phase(1, size / ranks)] * (2 * (ranks - 1))


def gathered(size, ranks):
    """Everybody gets everything from everybody."""
    return [Phase(ranks - 1, size, ours=True)]


EXCHANGES = {"ordered": ordered, "allreduce": allreduce, "ring": ring, "gathered": gathered}


def arrival(link, buckets):
    """When all is over. buckets: (when it is ready, its phases); a link carries one phase at a time, whoever asks first,
    and another bucket's while messages of a phase are on their way."""
    waiting = [(ready, i, 0) for i, (ready, _) in enumerate(buckets)]
    heapq.heapify(waiting)
    free = end = 0.0
    while waiting:
        ready, i, k = heapq.heappop(waiting)
        phases = buckets[i][1]
        taken, beyond = link.taken(phases[k])
        free = max(free, ready) + taken
        end = max(end, free + beyond)
        if k + 1 < len(phases):
            heapq.heappush(waiting, (free + beyond, i, k + 1))
    return end


@dataclasses.dataclass(frozen=True)
class Step:
    seconds: float
    alone: float  # what it takes without other ranks
    messages: float  # what messages take of the processor
    exchange: float  # all messages, whether hidden or not

    @property
    def waiting(self):
        """For messages, with nothing to compute."""
        return self.seconds - self.alone - self.messages


def step(network, device, link, ranks, share, *, reduce="ordered", half=False, sharing=1.0):
    """share: the most images that a rank has in a step. sharing: of how many that want it a rank's processor is one."""
    alone = device.step(share)
    if ranks == 1:
        return Step(alone, alone, 0.0, 0.0)
    wire = 0.5 if half else 1.0
    buckets = [(bucket.ready, EXCHANGES[reduce](wire * bucket.bytes, ranks)) for bucket in network.buckets()]
    buckets.append((1.0, [Phase(ranks - 1, RECORD)]))
    messages = sharing * sum(link.work(phases) for _, phases in buckets) if device.moves_messages else 0.0
    update = min(alone, sharing * device.update)
    computing = alone - update + messages
    end = arrival(link, [(computing * ready, phases) for ready, phases in buckets])
    return Step(end + update, alone, messages, arrival(link, [(0.0, phases) for _, phases in buckets]))

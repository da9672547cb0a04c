#!/usr/bin/python3
"""Writes the golden tensors in tests/golden/data: what the networks must compute, from PyTorch in float64.

Run by hand, never by the build or CI:  /usr/bin/python3 tests/golden/make_golden.py [NAME...]
(Debian 12's python3-torch 1.13 and python3-numpy; another version may change last bits, no more.)

Nothing here shares code with the library: Philox4x32-10, Glorot's weights, the dropout masks and Keras's Adam are
written out again below, and gradients come from autograd.

A file holds records up to its end, all numbers little-endian:
    u32 length of the name, the name, u32 dtype (1 f32, 2 i32, 3 u8, 4 f64), u32 rank, i64 dim[rank], the elements
with these names (p is the parameter's number in the model, s the step from 1):
    seed i32[2]         low and high half: of the initial weights and of the dropout masks
    first_step i32[1]   the cursor's step before the first step; its row is 0
    batch i32[1], valid i32[rows], permutation i32[rows * batch], images u8[count][y][x][channel], labels u8[count]
    stride i32[p]       of a parameter-shaped tensor only every stride-th element is stored
    crc i32[p]          zlib's CRC-32 of the parameter's initial weights as little-endian f32
    log f64[rows][2]    loss sum and correct count of each step
    probabilities/0, probabilities/3   f32[batch][10] of images 0 ... batch - 1, dropout off, before and after training
    initial/<p>, <s>/<kind>/<p>        f32, every stride-th element; kind is diff, m, v or params
                                       and all elements of a parameter that is not trained, whose diff, m and v are left out
    <s>/<kind>/<p>/moments             f64[4] over the whole tensor: sum, sum of x[i] cos(i), L2 norm, max |x|

Kinks. Max-pooling and LeakyReLU have points where a rounding error picks another derivative; there f32 and f64 rightly
differ. So each case takes the first seed for which nothing that carries a gradient comes close to such a point, in any
step (MARGIN), and for which PyTorch in f32 gives the same gradients as in f64 (F32_ERROR).
"""
import os
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

ROWS = 3
FIRST_STEP = 5  # not 0, so that a mix-up of row and step shows
MARGIN = 4e-6  # distance from a kink, of the largest |value| of its tensor
F32_ERROR = 1e-5  # of the gradient's largest |value|
BIAS = 2e-5  # the smallest gradient of a bias, where batch normalisation follows
PURPOSE_WEIGHTS, PURPOSE_DROPOUT, PURPOSE_DATA = 1, 4, 99  # purposes; the last one is this script's own
LR, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-7
# The contract hands Adam its settings as f32. 1 - 0.999 is then off by 1.3e-5, far more than any rounding here, so the
# update takes them as they arrive; the bias correction is made on the host, in double.
BETA1_F32, BETA2_F32, EPSILON_F32 = (float(np.float32(x)) for x in (BETA1, BETA2, EPSILON))
# So does batch normalisation.
MOMENTUM_F32, NORM_EPSILON_F32 = (float(np.float32(x)) for x in (0.99, 1e-3))


# ---- random numbers ----

def philox(seed, counter):
    """Philox4x32-10 for many counters: u32 [n][4] -> u32 [n][4]."""
    low = np.uint64(0xFFFFFFFF)
    c = [counter[:, i].astype(np.uint64) for i in range(4)]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a = c[0] * np.uint64(0xD2511F53)
        b = c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]), b & low, (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]), a & low]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(c, axis=1).astype(np.uint32)


def draw(seed, n, step, purpose, layer):
    """The first n words of a stream: key = seed, counter = (element / 4 low, high, step, purpose << 16 | layer)."""
    blocks = np.arange((n + 3) // 4, dtype=np.uint64)
    counter = np.zeros((len(blocks), 4), np.uint32)
    counter[:, 0] = blocks & np.uint64(0xFFFFFFFF)
    counter[:, 1] = blocks >> np.uint64(32)
    counter[:, 2] = step
    counter[:, 3] = purpose << 16 | layer
    return philox(seed, counter).reshape(-1)[:n]


def check_philox():
    """Random123's known answers."""
    for counter, seed, want in (
            ([0] * 4, 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
            ([0xFFFFFFFF] * 4, 0xFFFFFFFFFFFFFFFF, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
            ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], 0x299F31D0A4093822,
             "d16cfe09 94fdcceb 5001e420 24126ea1")):
        got = philox(seed, np.array([counter], np.uint32))[0]
        assert " ".join("%08x" % word for word in got) == want


# ---- networks: (kind, argument) in a row; a layer's place in the list numbers its random stream ----

def network(channels, hidden, rates):
    layers = []
    for i, c in enumerate(channels):
        layers += [("conv", c), ("relu", None), ("pool", None)]
        layers += [("dropout", rates[i])] if rates else []
    layers += [("flatten", None), ("dense", hidden), ("relu", None)]
    layers += [("dropout", rates[3])] if rates else []
    return layers + [("dense", 10)]


def norm_network():
    """Batch normalisation of the pictures, of what was pooled, of what was not, and of features."""
    return [("norm", None), ("conv", 32), ("relu", None), ("pool", None), ("norm", None), ("conv", 8), ("relu", None),
            ("norm", None), ("relu", None), ("dropout", 0.25), ("flatten", None), ("norm", None), ("dense", 16),
            ("relu", None), ("dropout", 0.3), ("dense", 10)]


def trained(layers):
    """By parameter: whether Adam trains it."""
    of_kind = {"conv": [True] * 2, "dense": [True] * 2, "norm": [True, True, False, False]}
    return [each for kind, _ in layers for each in of_kind.get(kind, [])]


def initial_parameters(layers, input_shape, seed):
    h, w, c = input_shape
    parameters = []
    for index, (kind, argument) in enumerate(layers):
        if kind == "pool":
            h, w = (h + 1) // 2, (w + 1) // 2
        elif kind == "flatten":
            c = h * w * c
        elif kind == "norm":
            parameters += [np.full(c, x, np.float32) for x in (1, 0, 0, 1)]
        elif kind in ("conv", "dense"):
            window = (3, 3) if kind == "conv" else ()
            area = int(np.prod(window, dtype=int))
            limit = np.sqrt(6.0 / (area * c + area * argument))
            words = draw(seed, area * c * argument, 0, PURPOSE_WEIGHTS, index)
            uniform = (words >> np.uint32(8)).astype(np.float64) * 2.0**-24
            parameters.append(((2 * uniform - 1) * limit).astype(np.float32).reshape(window + (c, argument)))
            parameters.append(np.zeros(argument, np.float32))
            c = argument
    return parameters


def normalise(x, scale, shift, mean, variance, valid, follow):
    """valid: how many rows count in training, None for prediction. follow gets the new running mean and variance."""
    if valid is None:
        return (x - mean) / torch.sqrt(variance + NORM_EPSILON_F32) * scale + shift
    counted = x[:valid].reshape(-1, x.shape[-1])
    y = F.batch_norm(counted, None, None, scale, shift, True, eps=NORM_EPSILON_F32).reshape(x[:valid].shape)
    own, spread = counted.detach().mean(dim=0), counted.detach().var(dim=0, unbiased=False)
    follow += [MOMENTUM_F32 * mean + (1 - MOMENTUM_F32) * own, MOMENTUM_F32 * variance + (1 - MOMENTUM_F32) * spread]
    return torch.cat([y, normalise(x[valid:].detach(), scale, shift, own, spread, None, None)])


def forward(layers, parameters, x, seed, step, kinks=None, valid=None, follow=None):
    """x [n][y][x][channel] -> logits. With a step dropout acts. kinks collects (value, the tensor next to a kink)."""
    parameters = iter(parameters)
    before_relu = None
    for index, (kind, argument) in enumerate(layers):
        if kind == "conv":
            weights, bias = next(parameters), next(parameters)
            x = F.conv2d(x.permute(0, 3, 1, 2), weights.permute(3, 2, 0, 1), bias, padding=1).permute(0, 2, 3, 1)
        elif kind == "dense":
            weights, bias = next(parameters), next(parameters)
            x = x @ weights + bias
        elif kind == "relu":
            before_relu = x
            x = torch.where(x > 0, x, 0.1 * x)
            if kinks is not None and layers[index + 1][0] != "pool":
                x.retain_grad()
                kinks.append((x, before_relu[..., None]))
        elif kind == "pool":
            odd = (0, x.shape[2] % 2, 0, x.shape[1] % 2)
            x = F.max_pool2d(F.pad(x.permute(0, 3, 1, 2), odd, value=-np.inf), 2).permute(0, 2, 3, 1)
            if kinks is not None:
                x.retain_grad()
                z = F.pad(before_relu.permute(0, 3, 1, 2), odd, value=-np.inf)
                n, c, h, w = z.shape
                z = z.reshape(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(*x.shape, 4)
                kinks.append((x, z))
        elif kind == "norm":
            x = normalise(x, *(next(parameters) for _ in range(4)), valid, follow)
        elif kind == "flatten":
            x = x.reshape(x.shape[0], -1)
        elif kind == "dropout" and step is not None:
            words = draw(seed, x.numel(), step, PURPOSE_DROPOUT, index).reshape(tuple(x.shape))
            keep = words >= np.uint32(int(argument * 2**32))
            x = x * torch.from_numpy(keep).to(x.dtype) * (1 / (1 - argument))
    return x


def kink_margin(kinks):
    """The smallest distance from a kink where a gradient flows, of the tensor's largest |value|."""
    margin = np.inf
    for after, z in kinks:
        z = z.detach()
        scale = z[torch.isfinite(z)].abs().max()
        top = z.topk(min(2, z.shape[-1]), dim=-1).values
        distance = top[..., 0].abs()
        if z.shape[-1] > 1:
            distance = torch.minimum(distance, top[..., 0] - top[..., 1])
        margin = min(margin, float((distance[after.grad != 0] / scale).min()))
    return margin


# ---- training ----

def train(layers, data, dtype):
    """Three steps of Adam as Keras has it. Returns what the fixture stores and the margin from kinks."""
    scale = float(np.float32(1.0) / np.float32(255.0))
    images = torch.from_numpy(data["images"]).to(dtype) * scale
    out = {"log": np.zeros((ROWS, 2))}
    margin = np.inf
    parameters = [torch.from_numpy(p).to(dtype) for p in data["initial"]]
    m = [torch.zeros_like(p) for p in parameters]
    v = [torch.zeros_like(p) for p in parameters]

    def predict(name):
        with torch.no_grad():
            logits = forward(layers, parameters, images[:data["batch"]], data["seed"], None)
            out["probabilities/" + name] = torch.softmax(logits, dim=1).numpy()

    predict("0")
    for row in range(ROWS):
        indices = data["permutation"][row * data["batch"]:][:data["batch"]]
        # An index outside the data set stands for a picture of zeros.
        inside = torch.from_numpy((indices >= 0).astype(np.float64)).to(dtype)
        x = images[np.maximum(indices, 0)] * inside[:, None, None, None]
        labels = torch.from_numpy(data["labels"][np.maximum(indices, 0)].astype(np.int64))
        valid = int(data["valid"][row])
        parameters = [p.detach().requires_grad_(trains) for p, trains in zip(parameters, trained(layers))]
        kinks, follow = [], []
        logits = forward(layers, parameters, x, data["seed"], FIRST_STEP + row, kinks, valid, follow)
        loss = F.cross_entropy(logits[:valid], labels[:valid], reduction="sum")
        (loss / valid).backward()
        top = logits[:valid].detach().topk(2).values
        margin = min(margin, kink_margin(kinks), float((top[:, 0] - top[:, 1]).min()))
        out["log"][row] = float(loss), int((logits[:valid].argmax(dim=1) == labels[:valid]).sum())
        t = row + 1
        step_size = LR * np.sqrt(1 - BETA2**t) / (1 - BETA1**t)
        with torch.no_grad():
            for i, p in enumerate(parameters):
                if not p.requires_grad:
                    parameters[i] = follow.pop(0)
                    out["%d/params/%d" % (t, i)] = parameters[i].clone().numpy()
                    continue
                m[i] = BETA1_F32 * m[i] + (1 - BETA1_F32) * p.grad
                v[i] = BETA2_F32 * v[i] + (1 - BETA2_F32) * p.grad * p.grad
                new = p - step_size * m[i] / (torch.sqrt(v[i]) + EPSILON_F32)
                for kind, tensor in (("diff", p.grad), ("m", m[i]), ("v", v[i]), ("params", new)):
                    out["%d/%s/%d" % (t, kind, i)] = tensor.clone().numpy()
                parameters[i] = new
    predict("3")
    return out, margin


def make_data(layers, input_shape, batch, valid, seed):
    """Noise, so that no two values tie; the last step of a partial batch has rows that lie outside the data set."""
    count = ROWS * batch + 1
    pixels = count * int(np.prod(input_shape))
    words = draw(seed, pixels + count, 0, PURPOSE_DATA, 0)
    order = np.argsort(draw(seed, count, 0, PURPOSE_DATA, 1), kind="stable")[:ROWS * batch].astype(np.int32)
    for row in range(ROWS):
        order[row * batch + valid[row]:(row + 1) * batch] = -1
    return {
        "seed": seed, "batch": batch, "valid": np.array(valid, np.int32), "permutation": order,
        "images": (words[:pixels] >> np.uint32(24)).astype(np.uint8).reshape((count,) + input_shape),
        "labels": (words[pixels:] % np.uint32(10)).astype(np.uint8),
        "initial": initial_parameters(layers, input_shape, seed),
    }


def f32_error(exact, single):
    """The largest error of a gradient in f32, of its tensor's largest |value|."""
    keys = [k for k in exact if "/diff/" in k]
    return max(float(np.abs(single[k] - exact[k]).max() / np.abs(exact[k]).max()) for k in keys)


# ---- files ----

def record(name, array):
    code = {"float32": 1, "int32": 2, "uint8": 3, "float64": 4}[array.dtype.name]
    head = struct.pack("<I", len(name)) + name.encode() + struct.pack("<II", code, array.ndim)
    return head + struct.pack("<%dq" % array.ndim, *array.shape) + array.astype(array.dtype.newbyteorder("<")).tobytes()


def write_case(path, data, out, sampled):
    def i32(*values):
        return np.array(values, np.int64).astype(np.uint32).view(np.int32)

    # Odd, so that the sample runs through all output channels.
    strides = [max(1, -(-p.size // 256)) | 1 if sampled else 1 for p in data["initial"]]
    parts = [
        record("seed", i32(data["seed"] & 0xFFFFFFFF, data["seed"] >> 32)), record("first_step", i32(FIRST_STEP)),
        record("batch", i32(data["batch"])), record("valid", data["valid"]),
        record("permutation", data["permutation"]), record("images", data["images"]),
        record("labels", data["labels"]), record("stride", i32(*strides)),
        record("crc", i32(*[zlib.crc32(p.astype("<f4").tobytes()) for p in data["initial"]])),
        record("log", out["log"]),
    ]
    for name in ("probabilities/0", "probabilities/3"):
        parts.append(record(name, out[name].astype(np.float32)))
    for i, p in enumerate(data["initial"]):
        parts.append(record("initial/%d" % i, p.reshape(-1)[::strides[i]]))
        for t in range(1, ROWS + 1):
            for kind in ("diff", "m", "v", "params"):
                name = "%d/%s/%d" % (t, kind, i)
                if name not in out:  # not trained
                    continue
                x = out[name].astype(np.float64).reshape(-1)
                moments = [x.sum(), (x * np.cos(np.arange(x.size))).sum(), np.sqrt((x * x).sum()), np.abs(x).max()]
                parts += [record(name, x[::strides[i]].astype(np.float32)), record(name + "/moments", np.array(moments))]
    with open(path, "wb") as file:
        file.write(b"".join(parts))


def least_bias(out):
    """The smallest gradient of what there is one of a channel. Behind a bias whose channel has one sign throughout, batch
    normalisation takes the bias out again: its gradient is zero but for rounding, of which Adam would make a whole step."""
    return min(float(np.abs(x).min()) for name, x in out.items() if "/diff/" in name and x.ndim == 1)


def make_case(name, input_shape, layers, batch, valid, sampled, bias=0):
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    for attempt in range(1, 10000):
        seed = (0x5A7EE2 << 32) + attempt
        data = make_data(layers, input_shape, batch, valid, seed)
        exact, margin = train(layers, data, torch.float64)
        if margin < MARGIN or least_bias(exact) < bias:
            continue
        error = f32_error(exact, train(layers, data, torch.float32)[0])
        if error < F32_ERROR:
            break
    else:
        raise SystemExit("no seed keeps its distance")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", name + ".golden")
    write_case(path, data, exact, sampled)
    print("%-15s attempt %d, %d parameters, margin %.1e, f32 error %.1e, %d bytes" %
          (name, attempt, sum(p.size for p in data["initial"]), margin, error, os.path.getsize(path)))


if __name__ == "__main__":
    check_philox()
    torch.use_deterministic_algorithms(True)
    published = (0.25, 0.25, 0.4, 0.3)
    narrow, full = ((6, 8, 10), 16), ((32, 64, 128), 128)
    make_case("narrow_plain", (13, 11, 1), network(*narrow, None), 7, (7, 7, 7), False)
    make_case("narrow_dropout", (12, 14, 2), network(*narrow, published), 7, (7, 4, 7), False)
    make_case("narrow_norm", (9, 8, 2), norm_network(), 7, (7, 4, 7), True, BIAS)
    make_case("full_plain", (28, 28, 1), network(*full, None), 4, (4, 4, 4), True)
    make_case("full_dropout", (28, 28, 1), network(*full, published), 4, (4, 4, 3), True)

#!/usr/bin/env python3
"""Writes golden-1.0.sateen, golden-norm-1.0.sateen and golden-checkpoint-1.0.sateen: a second writer of the format, made from
docs/file-format.md and not from the library.

The files are kept for ever; run this only to see that they still come out the same: make_golden.py FOLDER
It needs libxxhash (Debian: libxxhash0).
"""
import ctypes
import json
import struct
import sys

XXH3 = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
XXH3.restype = ctypes.c_uint64
XXH3.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def xxh3(data):
    return XXH3(data, len(data))


def padded(data):
    return data + bytes(-len(data) % 64)


LAYERS = [
    ("conv2d", "conv1", {"filters": 2, "kernel": [3, 3], "stride": [1, 1], "padding": "same"}),
    ("leaky_relu", "relu1", {"alpha": 0.1}),
    ("max_pool2d", "pool1", {"window": [2, 2], "stride": [2, 2], "padding": "same"}),
    ("dropout", "dropout1", {"rate": 0.25}),
    ("flatten", "flatten1", {}),
    ("dense", "dense1", {"units": 3}),
]
WEIGHTS = [("conv1.weights", [3, 3, 1, 2]), ("conv1.bias", [2]), ("dense1.weights", [8, 3]), ("dense1.bias", [3])]
# Batch normalisation of channels, and of what a dense layer gives.
NORM_LAYERS = [
    ("conv2d", "conv1", {"filters": 2, "kernel": [3, 3], "stride": [1, 1], "padding": "same"}),
    ("batch_norm", "norm1", {"momentum": 0.99, "epsilon": 0.001}),
    ("flatten", "flatten1", {}),
    ("dense", "dense1", {"units": 3}),
    ("batch_norm", "norm2", {"momentum": 0.5, "epsilon": 0.0625}),
]
NORM_WEIGHTS = [("conv1.weights", [3, 3, 1, 2]), ("conv1.bias", [2]),
                *[(f"norm1.{name}", [2]) for name in ("scale", "shift", "mean", "variance")],
                ("dense1.weights", [32, 3]), ("dense1.bias", [3]),
                *[(f"norm2.{name}", [3]) for name in ("scale", "shift", "mean", "variance")]]


def model(layers):
    return {"input": [4, 4, 1], "layers": [{"type": t, "name": n, "attributes": a} for t, n, a in layers]}


HEADER = {
    "model": model(LAYERS),
    "preprocessing": {"scale": struct.unpack("<f", struct.pack("<f", 1 / 255))[0], "shift": -0.25},
    "labels": ["left", "Größe", "Ankle boot"],
    "provenance": {"version": "0.1.0", "data_hash": "0123456789abcdef", "seed": "f" * 16},
}


def section(name, value, parameters=WEIGHTS):
    """Tensors of the weights' shapes; the i-th value of them all is value(i), and its absolute value in a variance."""
    tensors, index = [], 0
    for weights, shape in parameters:
        count = 1
        for dim in shape:
            count *= dim
        values = [value(i) for i in range(index, index + count)]
        data = struct.pack(f"<{count}f", *(map(abs, values) if weights.endswith(".variance") else values))
        tensors.append((name + weights, "f32", shape, data))
        index += count
    return tensors


def write(path, header, tensors):
    table, data = [], b""
    for name, dtype, shape, values in tensors:
        data = padded(data)
        table.append({"name": name, "dtype": dtype, "shape": shape, "offset": len(data), "length": len(values),
                      "hash": f"{xxh3(values):016x}"})
        data += values
    text = json.dumps({**header, "tensors": table}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    body = bytes(64) + text
    offset = len(padded(body))
    preamble = b"\xa5STN\r\n\x1a\n" + struct.pack("<HHIQQQQQ", 1, 0, 0, len(text), offset, offset + len(data),
                                                  xxh3(text), 0)
    preamble += struct.pack("<Q", xxh3(preamble))
    with open(path, "wb") as out:
        out.write(preamble + padded(body)[64:] + data)


def main():
    folder = sys.argv[1]
    weights = section("model/", lambda i: i % 17 / 8 - 1)
    write(folder + "/golden-1.0.sateen", HEADER, weights)
    write(folder + "/golden-norm-1.0.sateen", {**HEADER, "model": model(NORM_LAYERS)},
          section("model/", lambda i: i % 17 / 8 - 1, NORM_WEIGHTS))
    training = {
        "epoch": 2, "step": 3, "loss_sum": 10.0625, "correct": 17.0, "images": 24, "best_epoch": 1, "epochs": 5,
        "batch_size": 8, "held_out_share": 0.2,
        "adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-07},
        "device": "cpu, Größe 7",
    }
    rows = [(0.75, 0.5, 40.0, 0.5, 0.75, 10.0, 0.001), (0.5, 0.625, 40.0, 0.625, 0.5, 10.0, 0.001)]
    write(folder + "/golden-checkpoint-1.0.sateen", {**HEADER, "training": training},
          weights + section("training/adam_m/", lambda i: i / 64 - 0.25) + section("training/adam_v/", lambda i: i / 128) +
          section("training/best/", lambda i: 0.5 - i % 5 / 4) +
          [("training/history", "u8", [2, 56], b"".join(struct.pack("<7d", *row) for row in rows))])


if __name__ == "__main__":
    main()

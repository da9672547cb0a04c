#!/usr/bin/env python3
"""Writes golden-1.0.sateen: a second writer of the format, made from docs/file-format.md and not from the library.

The file is kept for ever; run this only to see that it still comes out the same: make_golden.py OUT
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


def main():
    layers = [
        ("conv2d", "conv1", {"filters": 2, "kernel": [3, 3], "stride": [1, 1], "padding": "same"}),
        ("leaky_relu", "relu1", {"alpha": 0.1}),
        ("max_pool2d", "pool1", {"window": [2, 2], "stride": [2, 2], "padding": "same"}),
        ("dropout", "dropout1", {"rate": 0.25}),
        ("flatten", "flatten1", {}),
        ("dense", "dense1", {"units": 3}),
    ]
    tensors = [("conv1.weights", [3, 3, 1, 2]), ("conv1.bias", [2]), ("dense1.weights", [8, 3]), ("dense1.bias", [3])]
    table, data, index = [], b"", 0
    for name, shape in tensors:
        data = padded(data)
        count = 1
        for dim in shape:
            count *= dim
        values = struct.pack(f"<{count}f", *[i % 17 / 8 - 1 for i in range(index, index + count)])
        table.append({"name": "model/" + name, "dtype": "f32", "shape": shape, "offset": len(data),
                      "length": len(values), "hash": f"{xxh3(values):016x}"})
        data += values
        index += count
    header = json.dumps({
        "model": {"input": [4, 4, 1],
                  "layers": [{"type": t, "name": n, "attributes": a} for t, n, a in layers]},
        "preprocessing": {"scale": struct.unpack("<f", struct.pack("<f", 1 / 255))[0], "shift": -0.25},
        "labels": ["left", "Größe", "Ankle boot"],
        "provenance": {"version": "0.1.0", "data_hash": "0123456789abcdef", "seed": "f" * 16},
        "tensors": table,
    }, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    body = bytes(64) + header
    offset = len(padded(body))
    preamble = b"\xa5STN\r\n\x1a\n" + struct.pack("<HHIQQQQQ", 1, 0, 0, len(header), offset, offset + len(data),
                                                  xxh3(header), 0)
    preamble += struct.pack("<Q", xxh3(preamble))
    with open(sys.argv[1], "wb") as out:
        out.write(preamble + padded(body)[64:] + data)


if __name__ == "__main__":
    main()

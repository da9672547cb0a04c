"""What the end-to-end tests share: running the programs, and small data to run them on."""

import gzip
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

BIN = pathlib.Path(os.environ["SATEEN_TEST_BIN"])
# Sanitized programs are many times slower: tests that need many steps say that they are left out.
SANITIZED = bool(os.environ.get("SATEEN_TEST_SANITIZE"))
REAL_DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
LABELS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
SIDE = 28
TRAIN_IMAGES = 600
TEST_IMAGES = 100


def environment(**changes):
    """The caller's environment without what would steer the programs, on cpu, without a cache, and with untuned
    kernels and pictures. None: not set."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SATEEN_", "LC_", "LANG"))}
    steered = {"SATEEN_BACKEND": "cpu", "SATEEN_TUNE": "off", "SATEEN_PLOTS": "off", **kept, **changes}
    if "SATEEN_CACHE_DIR" not in changes:
        steered.setdefault("SATEEN_CACHE_DISABLE", "1")
    return {key: value for key, value in steered.items() if value is not None}


def driver_environment(**changes):
    """The same for programs that use OpenCL. LeakSanitizer crashes now and then where a driver's threads are about to
    end, so it stays off; the conformance tests look for leaks with OpenCL."""
    return environment(**({"ASAN_OPTIONS": "detect_leaks=0:intercept_tls_get_addr=0"} if SANITIZED else {}), **changes)


def closed_to_others():
    """Why another user can't run the programs, such as in a clone below /root, or ""; for root."""
    found = subprocess.run(["test", "-r", os.fsdecode(BIN / "sateen-train")], user=65534, group=65534, extra_groups=[],
                           check=False)
    return "" if found.returncode == 0 else f"another user can't read {os.fsdecode(BIN)}"


def command(program, *arguments):
    return [os.fsencode(BIN / program)] + [os.fsencode(str(a) if isinstance(a, int) else a) for a in arguments]


def run(program, *arguments, env=None, timeout=240, **options):
    """Runs a program to its end; its output is text, whatever bytes it holds."""
    return subprocess.run(command(program, *arguments), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                          encoding="utf-8", errors="surrogateescape", env=env or environment(), check=False, **options)


def missing_device(backend):
    """Why the backend has no device here, or "" where it has one."""
    listed = json.loads(run("sateen-info", "--list-devices", "--json", env=driver_environment()).stdout)
    if any(device["backend"] == backend for device in listed["devices"]):
        return ""
    reasons = [entry["reason"] for entry in listed["unavailable"] if entry["name"] == backend]
    return f"no device of {backend}: {'; '.join(reasons) or 'it lists none'}"


def listed_devices(env=None):
    """What sateen-info shows."""
    return json.loads(run("sateen-info", "--list-devices", "--json", env=env or driver_environment()).stdout)["devices"]


def picture(label, number):
    """28x28 grey: noise, and a light block whose place tells the class."""
    noise = random.Random(1000 * label + number)
    pixels = bytearray(noise.choices(range(60), k=SIDE * SIDE))
    top, left = 2 + 13 * (label // 5), 1 + 5 * (label % 5)
    for y in range(top, top + 10):
        for x in range(left, left + 5):
            pixels[y * SIDE + x] += 160
    return bytes(pixels)


def idx_images(pictures):
    return struct.pack(">IIII", 0x803, len(pictures), SIDE, SIDE) + b"".join(pictures)


def idx_labels(labels):
    return struct.pack(">II", 0x801, len(labels)) + bytes(labels)


def write_data(folder, images=TRAIN_IMAGES):
    """A data set in Fashion-MNIST's files, of which one pair is compressed."""
    folder.mkdir()
    labels = [i % 10 for i in range(images)]
    pictures = [picture(label, i) for i, label in enumerate(labels)]
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_images(pictures), 1))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_labels(labels), 1))
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx_images(pictures[:TEST_IMAGES]))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx_labels(labels[:TEST_IMAGES]))


def real_bytes(name, header, count, size):
    """The first `count` pictures or labels of a file of the real data."""
    with gzip.open(REAL_DATA / name) as file:
        return file.read(header + count * size)[header:]


def write_real_data(folder, count):
    """The first pictures of the real training set as a data set of their own."""
    folder.mkdir()
    size = SIDE * SIDE
    images = real_bytes("train-images-idx3-ubyte.gz", 16, count, size)
    labels = real_bytes("train-labels-idx1-ubyte.gz", 8, count, 1)
    pictures = [images[i * size:(i + 1) * size] for i in range(count)]
    (folder / "train-images.idx3-ubyte").write_bytes(idx_images(pictures))
    (folder / "train-labels.idx1-ubyte").write_bytes(idx_labels(labels))


def write_png(path, pixels, width, height, channels=1):
    """8 bits a channel; 1 channel is grey, 3 are colour."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    stride = width * channels
    rows = b"".join(b"\0" + pixels[y * stride:(y + 1) * stride] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    with open(path, "wb") as file:
        file.write(data)


class ProgramTest(unittest.TestCase):
    """A folder per class, with a small data set in it, and checks of what programs say."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sateen-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.data = cls.folder / "data"
        write_data(cls.data)

    def train(self, name, *arguments, **options):
        """Trains on the small data into a folder of that name, which is returned with the result."""
        out = self.folder / name
        return out, run("sateen-train", "--data", self.data, "--out", out, *arguments, **options)

    def assert_code(self, result, code):
        self.assertEqual(result.returncode, code, f"\nstdout: {result.stdout}\nstderr: {result.stderr}")

    def assert_refused(self, result, code, *fragments):
        """One line `program: error: …` with these words, no result, and this exit code."""
        self.assert_code(result, code)
        errors = self.error_lines(result)
        self.assertEqual(len(errors), 1, result.stderr)
        for fragment in fragments:
            self.assertIn(fragment, errors[0])
        self.assertEqual(result.stdout, "")

    @staticmethod
    def error_lines(result):
        return re.findall(r"^sateen-[a-z]+: error: .*$", result.stderr, re.MULTILINE)


class ModelTest(ProgramTest):
    """With a model that was trained on the small data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        out = cls.folder / "run"
        result = run("sateen-train", "--data", cls.data, "--out", out, "--epochs", "1", "--model", "plain",
                     "--batch-size", "16")
        if result.returncode != 0:
            raise AssertionError(result.stderr)
        cls.model = out / "best.sateen"

"""OpenCL runtimes that run on this machine: how a program gets to see one and no other, and what is run on each."""

import csv
import gzip
import os
import pathlib
import re
import shutil
import struct
import subprocess
from typing import NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build/release/bin"
PLUGINS = ROOT / "build/release/sateen/backends"
PLACE = ROOT / "build/platforms"
CHROOT = PLACE / "trixie"
DATA = pathlib.Path(os.environ.get("SATEEN_DATA") or "/usr/share/datasets/fashion-mnist")
INSIDE = pathlib.Path("/project")  # where the chroot sees ROOT


class Runtime(NamedTuple):
    name: str
    title: str
    driver: str  # in the driver's words
    icd: pathlib.Path
    variables: dict = {}
    chroot: bool = False
    images: int = 6400  # of the training: fewer where it is slow
    unsupported: Optional[pathlib.Path] = None  # a list of what it can't pass
    remark: str = ""

    def missing(self):
        """Why it can't be run, or None."""
        icd = CHROOT / self.icd.relative_to("/") if self.chroot else self.icd
        for reason in (pathlib.Path(f"{self.icd}.missing"), PLACE / f"{CHROOT.name if self.chroot else self.name}.missing"):
            if reason.exists():
                return reason.read_text(encoding="utf-8").strip()
        return None if icd.exists() else f"there is no {icd}"

    def command(self, program, *words):
        """The whole command line, and its environment."""
        variables = {"OCL_ICD_VENDORS": str(self.icd), "SATEEN_CACHE_DISABLE": "1", **self.variables}
        if not self.chroot:
            clean = {key: value for key, value in os.environ.items() if not key.startswith(("SATEEN_", "OCL_"))}
            return [str(BIN / program), *map(str, words)], {**clean, **variables}
        variables["LD_LIBRARY_PATH"] = str(INSIDE / LIBRARIES.relative_to(ROOT))
        inside = [str(word).replace(str(ROOT), str(INSIDE)) for word in (BIN / program, *words)]
        mounts = (f'mount -t proc proc "{CHROOT}/proc"; mount --rbind /dev "{CHROOT}/dev"; '
                  f'mount --rbind /sys "{CHROOT}/sys"; mount --bind "{ROOT}" "{CHROOT}{INSIDE}"; exec chroot "{CHROOT}" "$@"')
        return ["unshare", "-m", "bash", "-ec", mounts, "-", "env", "-i", "PATH=/usr/bin:/bin",
                *(f"{key}={value}" for key, value in variables.items()), *inside], dict(os.environ)

    def run(self, timeout, program, *words):
        command, environment = self.command(program, *words)
        try:
            return subprocess.run(["timeout", "--foreground", "--kill-after=10", str(timeout), *command],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  encoding="utf-8", errors="replace", env=environment, timeout=timeout + 30, check=False)
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(command, 124, str(error.stdout), "")


LIBRARIES = PLACE / "libraries"  # of this system, that the chroot's has other versions of
INTEL = ROOT / "build/intel-runtime"
MESA = PLACE / "mesa"

RUNTIMES = (
    Runtime("pocl-3.1", "PoCL 3.1", "Portable Computing Language 3.1", pathlib.Path("/etc/OpenCL/vendors/pocl.icd")),
    Runtime("intel", "Intel's runtime for CPUs", "Intel(R) OpenCL 2026", INTEL / "vendors/intel.icd",
            {"LD_LIBRARY_PATH": str(INTEL / "lib")}),
    Runtime("pocl-6", "PoCL 6", "Portable Computing Language 6.", pathlib.Path("/etc/OpenCL/vendors/pocl.icd"), chroot=True),
    Runtime("rusticl-25", "Mesa's rusticl 25 on llvmpipe", "rusticl 25.", pathlib.Path("/etc/OpenCL/vendors/rusticl.icd"),
            {"RUSTICL_ENABLE": "llvmpipe"}, chroot=True),
    Runtime("rusticl-22", "Mesa's rusticl 22.3 on llvmpipe", "rusticl 22.", MESA / "rusticl.icd",
            {"RUSTICL_ENABLE": "llvmpipe", "GALLIUM_PIPE_SEARCH_DIR": str(MESA / "gallium-pipe")}, images=1280,
            unsupported=pathlib.Path(__file__).with_name("rusticl-22.txt"),
            remark=", without 8 that it can't pass: it invents profiling times, and clFinish "
                   "doesn't wait for a command whose event was released"),
)


class Failed(Exception):
    pass


def conformance(runtime, kernels):
    """The words of a table; Failed with those of the failure."""
    words = ["--backend", "opencl", "--backend-path", PLUGINS, "--expect-driver", runtime.driver, "--option",
             "kernels=" + kernels]
    words += ["--unsupported", runtime.unsupported] if runtime.unsupported else []
    done = runtime.run(900, "sateen-conformance", *words)
    last = re.search(r"^(passed|FAILED): ([\d,]+) tests(?:, (.*))?$", done.stdout, re.MULTILINE)
    counts = {word: number for number, word in re.findall(r"([\d,]+) (\w+)", last[3] or "")} if last else {}
    if done.returncode == 0 and last and last[1] == "passed":
        return f"{counts.get('passed', last[2]).replace(',', '')} cases{runtime.remark}"
    if done.returncode in (124, 137):
        raise Failed("it took more than 900 s")
    first = re.search(r"^FAIL (\S+)\n(.*)$", done.stdout, re.MULTILINE)
    raise Failed((f"{counts.get('FAILED')} of {last[2]} cases; the first: " if last else f"exit code {done.returncode}: ") +
                 (f"{first[1]}: {first[2].strip()}" if first else done.stdout.strip()[-300:]))


def small_data(images):
    """A folder with the first images of each file of the data set."""
    folder = PLACE / f"data-{images}"
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(DATA.glob("*-ubyte*")):
        raw = source.read_bytes()
        raw = gzip.decompress(raw) if source.suffix == ".gz" else raw
        dims = struct.unpack_from(f">{raw[3]}I", raw, 4)
        count = min(images, dims[0])
        begin = 4 + 4 * raw[3]
        size = 1
        for dim in dims[1:]:
            size *= dim
        (folder / source.name.removesuffix(".gz")).write_bytes(
            raw[:4] + struct.pack(f">{raw[3]}I", count, *dims[1:]) + raw[begin:begin + count * size])
    return folder


def train(runtime, images, name, *device):
    """An epoch on the first images; its row of history.csv and what was said."""
    out = PLACE / "training" / name
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    done = runtime.run(900, "sateen-train", "--data", small_data(images), "--epochs", "1", "--progress", "plain",
                       "--out", out, *device)
    if done.returncode != 0:
        raise Failed(f"sateen-train ended with {done.returncode}: {done.stdout.strip()[-300:]}")
    with open(out / "history.csv", encoding="utf-8", newline="") as file:
        row = {key: float(value) for key, value in next(csv.DictReader(file)).items()}
    return row, done.stdout


FEW_IMAGES = 320  # four steps


def both(runtime, images):
    """An epoch on the runtime and one on cpu: their rows."""
    row, said = train(runtime, images, runtime.name, "--backend", "opencl", "--backend-path", PLUGINS)
    if runtime.driver not in said:
        raise Failed(f"another runtime answered: {said[:300]}")
    return row, train(RUNTIMES[0], images, "cpu", "--backend", "cpu")[0]


def hold(row, reference, key, bound, images):
    if not abs(row[key] - reference[key]) <= bound:
        raise Failed(f"{images} images: {key} is {row[key]}, and {reference[key]} on cpu")


def training(runtime):
    """The first steps have to come to what cpu comes to. Later rounding has grown to where a loss after some hundred steps
    says little (docs/platforms.md), and the mean over the epoch and the accuracy count."""
    row, reference = both(runtime, FEW_IMAGES)
    for key in ("loss", "val_loss"):
        hold(row, reference, key, 0.001 * reference[key], FEW_IMAGES)
    if runtime.images > FEW_IMAGES:
        row, reference = both(runtime, runtime.images)
        hold(row, reference, "loss", 0.01 * reference["loss"], runtime.images)
        hold(row, reference, "val_accuracy", 0.02, runtime.images)
    return (f"{runtime.images} images, loss {row['loss']:.4f} (cpu {reference['loss']:.4f}), "
            f"{row['images_per_second']:.0f} images/s")


def unit_tests(folder, name, words):
    """A module of Python's unittest."""
    environment = {**os.environ, "SATEEN_TEST_BIN": str(BIN), "SATEEN_TEST_KERNELS": str(ROOT / "kernels"),
                   "SATEEN_TEST_COMPILER": "gcc"}
    done = subprocess.run(["timeout", "--foreground", "900", "python3", "-B", "-m", "unittest", name],
                          cwd=ROOT / "tests" / folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", env=environment, check=False)
    ran = re.search(r"Ran (\d+) tests", done.stdout)
    if done.returncode != 0 or not ran:
        raise Failed(done.stdout.strip()[-500:])
    return f"{ran[1]} tests: {words}"

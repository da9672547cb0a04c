"""What tests of several ranks share: a small run by any of them, and how far apart what they trained is."""

import os
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))

import harness  # noqa: E402

# Open MPI: root may run it, more ranks than processors, and ranks that wait leave the processor to others.
MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_mpi_yield_when_idle": "1",
       "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_btl_base_warn_component_unused": "0"}
# Thirty steps an epoch of 480 images, dropout and augmentation; the last of the epoch's batches is short.
SMALL = ["--epochs", "1", "--batch-size", "17", "--augment", "--progress", "plain"]


def weights(file):
    """The values of all tensors of a model or checkpoint."""
    content = pathlib.Path(file).read_bytes()
    begin = struct.unpack_from("<Q", content, 24)[0]
    return struct.unpack(f"<{(len(content) - begin) // 4}f", content[begin:])


def apart(one, other):
    return max(abs(a - b) for a, b in zip(weights(one), weights(other), strict=True))


def far(one, other):
    """Root of the mean square: other kernels may move a single weight whose gradient is next to 0 by Adam's whole step."""
    squares = [(a - b) ** 2 for a, b in zip(weights(one), weights(other), strict=True)]
    return (sum(squares) / len(squares)) ** 0.5


def mpirun_command(count, *arguments):
    return [os.environ["SATEEN_TEST_MPIRUN"], "-np", str(count), os.fsdecode(harness.BIN / "sateen-train"), "--distributed", *map(str, arguments)]


def run_ranks(command, **changes):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, encoding="utf-8",
                          env=harness.environment(**MPI, **changes), check=False)

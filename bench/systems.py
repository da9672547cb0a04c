"""The systems that are compared: how each is found here, and how its worker is started."""

import json
import os
import pathlib
import subprocess
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
POCL = "/etc/OpenCL/vendors/pocl.icd"


class System(NamedTuple):
    name: str  # in rows and tables
    family: str  # "sateen", "pytorch", "keras", "tinygrad": what --only and the ratios go by
    command: list  # of the worker, without what is measured
    environment: dict  # beside the caller's; None: not set
    sateen: bool = False

    def worker_command(self, mode, model, batch, seconds):
        if self.sateen:
            return [self.command[0], mode, *self.command[1:], "--model", model, "--batch-size", str(batch), "--seconds",
                    str(seconds), "--turns", "--json", "--brief"]
        return [*self.command, "--mode", mode, "--model", model, "--batch", str(batch), "--seconds", str(seconds)]

    def full_environment(self, cache):
        """cache: a folder of ours for compiled kernels, so that a user's own plays no part."""
        changed = {**os.environ, "SATEEN_CACHE_DIR": str(cache), **self.environment}
        return {key: value for key, value in changed.items() if value is not None}


def runtimes(intel_runtime):
    """OpenCL runtimes by name, with what makes a process see one alone."""
    found = {}
    if pathlib.Path(POCL).exists():
        found["pocl"] = {"OCL_ICD_VENDORS": POCL}
    icd = intel_runtime / "vendors/intel.icd"
    if icd.exists():
        libraries = f"{intel_runtime / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(":")
        found["intel"] = {"OCL_ICD_VENDORS": str(icd), "LD_LIBRARY_PATH": libraries}
    return found


def devices(binaries, environment):
    """What sateen-info lists in this environment, by backend the first one."""
    try:
        listed = subprocess.run([str(binaries / "sateen-info"), "--list-devices", "--json"], stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=120, check=True, env=environment).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise SystemExit(f"bench: {binaries}/sateen-info can't be used ({error}); build it, or name a folder with "
                         "--bin") from None
    return {device["backend"]: device for device in reversed(json.loads(listed)["devices"])}


def version_of(python, module):
    """The version of a Python package, or None."""
    asked = f"import importlib.metadata as m; print(m.version({module!r}))"
    try:
        done = subprocess.run([python, "-c", asked], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def ours(binaries, intel_runtime, cuda):
    """Our own systems. With cuda: OpenCL on the GPU that auto takes, beside no CPU."""
    program = str(binaries / "sateen-bench")
    if cuda:
        return [System("sateen opencl", "sateen", [program, "--backend", "opencl"], {}, True)]
    systems = [System("sateen cpu", "sateen", [program, "--backend", "cpu"], {}, True)]
    for name, environment in runtimes(intel_runtime).items():
        systems.append(System(f"sateen opencl, {name}", "sateen", [program, "--backend", "opencl"], environment, True))
    return systems


def pytorch(python, cuda):
    command = [python, str(HERE / "torch_worker.py")]
    systems = []
    for layout in ("default", "channels-last"):
        if not cuda:
            systems.append(System(f"pytorch {layout}", "pytorch", [*command, "--layout", layout], {}))
            continue
        for math in ("fp32", "tf32"):
            for launch in ("eager", "graphs"):
                systems.append(System(f"pytorch {math} {launch} {layout}", "pytorch",
                                      [*command, "--device", "cuda", "--layout", layout, "--math", math, "--launch", launch],
                                      {}))
    return systems


def others(python, intel_runtime):
    systems = [System("keras tensorflow", "keras", [python, str(HERE / "keras_worker.py")], {})]
    tinygrad = [python, str(HERE / "tinygrad_worker.py")]
    systems.append(System("tinygrad cpu", "tinygrad", tinygrad, {"DEV": "CPU"}))
    for name, environment in runtimes(intel_runtime).items():
        systems.append(System(f"tinygrad opencl, {name}", "tinygrad", tinygrad, {"DEV": "CL", **environment}))
    return systems


def find(binaries, python, intel_runtime, cuda):
    """All systems that are here, and a line for each that is not."""
    found, missing = [], []
    for system in ours(binaries, intel_runtime, cuda):
        if system.command[-1] in devices(binaries, system.full_environment(HERE)):
            found.append(system)
        else:
            missing.append(f"{system.name}: there is no such device")
    if version_of(python, "torch"):
        found += pytorch(python, cuda)
    else:
        missing.append(f"pytorch: {python} has no torch")
    if not cuda:
        for system in others(python, intel_runtime):
            package = {"keras": "tensorflow"}.get(system.family, system.family)
            if version_of(python, package):
                found.append(system)
            else:
                missing.append(f"{system.name}: {python} has no {package}")
    return found, missing

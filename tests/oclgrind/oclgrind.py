"""Running a conformance case under Oclgrind, and judging what it found: Oclgrind itself ends with 0 whatever it finds."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from typing import NamedTuple, Optional

PROGRAM = pathlib.Path(os.environ["SATEEN_TEST_BIN"]) / "sateen-conformance"
KERNELS = pathlib.Path(os.environ["SATEEN_TEST_KERNELS"])
COMPILER = os.environ["SATEEN_TEST_COMPILER"]

RACES = ("--data-races", "--uniform-writes")
# Optimised code has lost what it reads too early.
UNINITIALISED = ("--uninitialized", "--build-options", "-cl-opt-disable")


def operations():
    """The names of the cases of each operation, in the order of the program's list; `coverage` has a test for each."""
    listed = subprocess.run([PROGRAM, "--list"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60, encoding="utf-8",
                            check=True).stdout.splitlines()
    names = [name.removeprefix("coverage/") for name in listed if name.startswith("coverage/")]
    return {name: [test.removeprefix(name + "/") for test in listed if test.startswith(name + "/")] for name in names}


class Run(NamedTuple):
    case: str
    code: int
    output: str
    log: Optional[str]  # None where none was written
    executed: frozenset  # names of kernels

    def faults(self):
        """What is wrong with the run, if anything: the findings, or that there can be none."""
        if self.log:
            return f"findings: {self.log[:2000]}"
        if self.code != 0:
            return f"exit code {self.code}: {self.output[-2000:]}"
        if self.log is None:
            return "no log was written"
        return "" if self.executed else "no kernel was executed"


def run(case, kernels, checks, folder, gemm="own", variant=""):
    """One case in a process of its own, with the kernels in the folder. Oclgrind 21.10 needs that for --uninitialized:
    what it knows of a buffer outlives the buffer and is taken for that of a later one."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SATEEN_")}
    environment["SATEEN_KERNEL_DIR"] = str(folder)
    environment["SATEEN_CACHE_DISABLE"] = "1"  # a program that was kept would not get the build options
    with tempfile.TemporaryDirectory(prefix="sateen-oclgrind-") as place:
        log = pathlib.Path(place, "log")
        # Caught, a crash of an Oclgrind thread would be left by longjmp with malloc's lock held, and all stand still.
        command = ["oclgrind", "--num-threads", "1", "--check-api", "--log", log, *checks, PROGRAM, "--no-catch", "--filter", case,
                   "--backend", "opencl", "--expect-driver", "Oclgrind", "--option", "kernels=" + kernels, "--option",
                   "gemm=" + gemm, "--option", "variant=" + variant]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=240, encoding="utf-8", errors="replace", env=environment, check=False)
        found = log.read_text(encoding="utf-8", errors="replace") if log.exists() else None
    executed = frozenset(re.findall(r"^executed (\w+)$", done.stdout, re.MULTILINE))
    return Run(f"{case}, kernels={kernels}, gemm={gemm}, variant={variant}", done.returncode, done.stdout, found, executed)


def run_alone(text, kernel, sizes, arguments, checks):
    """The findings in one kernel, without a host program. sizes: of the range and of a group; arguments: as Oclgrind's
    simulation files have them."""
    with tempfile.TemporaryDirectory(prefix="sateen-oclgrind-") as place:
        log = pathlib.Path(place, "log")
        pathlib.Path(place, "kernel.cl").write_text(text, encoding="utf-8")
        simulation = pathlib.Path(place, "kernel.sim")
        simulation.write_text("\n".join(("kernel.cl", kernel, *(f"{size} 1 1" for size in sizes), *arguments, "")),
                              encoding="utf-8")
        subprocess.run(["oclgrind-kernel", *checks, "--log", log, simulation], cwd=place, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, timeout=60, check=True)
        return log.read_text(encoding="utf-8", errors="replace")


def run_all(cases, library_cases, variant_cases, checks, folder):
    """Cases with the kernels for each kind of device, a list for each; some with products of the GEMM library, and some
    of a case, the kernels and the variant that it takes."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        runs = [pool.submit(run, case, kernels, checks, folder) for kernels, all in cases.items() for case in all]
        runs += [pool.submit(run, case, "gpu", checks, folder, "clblast") for case in library_cases]
        runs += [pool.submit(run, case, kernels, checks, folder, "own", variant)
                 for case, kernels, variant in variant_cases]
        return [done.result() for done in runs]


ATTRIBUTE = r"__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)"


def telling_kernels(folder):
    """Copies kernels/ into the folder, with a line in each kernel that prints its name: --inst-counts would do that too,
    but in 21.10 writes past the end of its memory when work-groups call different functions."""
    shutil.copytree(KERNELS, folder)
    for file in sorted(folder.glob("*.cl")):
        text, kernels = re.subn(rf"(\b__kernel\s+(?:{ATTRIBUTE}\s*|[A-Z_]+\s+)*void\s+\w+\s*\([^{{;]*\{{)",
                                r'\1 if (get_global_id(0) == 0) printf("executed %s\\n", __func__);',
                                file.read_text(encoding="utf-8"))
        if kernels == 0:
            raise AssertionError(f"{file} has no kernel")
        file.write_text(text, encoding="utf-8")


def kernel_names():
    """Every kernel of kernels/*.cl, as the preprocessor leaves them."""
    names = set()
    for file in sorted(KERNELS.glob("*.cl")):
        text = subprocess.run([COMPILER, "-E", "-P", "-x", "c", file], stdout=subprocess.PIPE, encoding="utf-8",
                              timeout=60, check=True).stdout
        names.update(re.findall(r"\b__kernel\s+void\s+(\w+)", re.sub(ATTRIBUTE, "", text)))
    return names

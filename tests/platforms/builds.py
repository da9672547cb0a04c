"""What the opencl backend can ever ask a driver to compile, as it lists it itself, and what is in these files."""

import functools
import pathlib
import re
import subprocess
from typing import NamedTuple

ATTRIBUTE = r"__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)"
KERNEL = re.compile(rf"\b(?:__kernel|kernel)\b((?:\s|{ATTRIBUTE}|void)*)\b(\w+)\s*\(")


class Build(NamedTuple):
    path: pathlib.Path  # the kernel file, with its headers in place
    kind: str  # of the devices that it is for: gpu or cpu
    default: bool  # or a candidate, that is taken where it was measured to be faster
    choice: str  # value of the option `kernels`
    group: int  # work-items of a group
    options: tuple

    @property
    def macros(self):
        return tuple(option for option in self.options if option.startswith("-D"))


def list_builds(program, folder):
    """program: sateen-opencl-builds; it writes the kernel files into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = subprocess.run([program, folder], stdout=subprocess.PIPE, encoding="utf-8", timeout=60, check=True).stdout
    builds = []
    for line in text.splitlines():
        file, kind, default, choice, group, options = line.split("\t")
        builds.append(Build(folder / file, kind, {"default": True, "candidate": False}[default], choice, int(group),
                            tuple(options.split())))
    return builds


@functools.lru_cache(maxsize=None)
def preprocess(text, macros):
    """As OpenCL C sees it."""
    return subprocess.run(["clang-15", "-x", "cl", "-cl-std=CL1.2", "-E", "-P", "-w", *macros, "-"], input=text,
                          stdout=subprocess.PIPE, encoding="utf-8", timeout=60, check=True).stdout


def kernel_names(build):
    """Every kernel in the file, also those that a guard leaves out: a guard that is never true must not hide one. A
    kernel that only some devices can have belongs into a file of its own."""
    text = re.sub(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|else|endif|error)\b(?:.*\\\n)*.*$", "",
                  build.path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name for _, name in KERNEL.findall(preprocess(text, build.macros))}


def required_groups(build):
    """The work-items of a group that kernels insist on, by name."""
    found = {}
    text = preprocess(build.path.read_text(encoding="utf-8"), build.macros)
    for attributes, name in KERNEL.findall(text):
        sizes = re.search(r"reqd_work_group_size\s*(\((?:[^()]|\([^()]*\))*\))", attributes)
        if sizes:
            if not re.fullmatch(r"[\d\s+*/(),uUlL-]*", sizes[1]):
                raise ValueError(f"{build.path.name}: {name}: reqd_work_group_size{sizes[1]} is not made of numbers")
            x, y, z = eval(re.sub(r"[uUlL]", "", sizes[1]).replace("/", "//"), {"__builtins__": {}})  # numbers alone
            found[name] = x * y * z
    return found

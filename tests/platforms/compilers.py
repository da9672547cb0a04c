"""Compilers for GPUs that are not here: each takes a build of a kernel file, and says what became of each kernel."""

import os
import pathlib
import re
import subprocess
import tempfile
from typing import NamedTuple, Optional

import binaries

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/kernel-compilers"  # made by scripts/kernel-compilers
CLANG = "clang-19"


class Facts(NamedTuple):
    """Of one kernel, as the compiler for one GPU made it."""
    registers: int
    local_bytes: int
    spills: int  # in whatever the compiler counts
    private_bytes: int  # memory of a work-item, spills in it
    largest_group: int  # work-items that a group can have


class CompileError(Exception):
    pass


def run(command, **options):
    """The compiler's words; CompileError with them where it fails."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", timeout=240, check=False,
                          **options)
    if done.returncode != 0:
        raise CompileError(f"{pathlib.Path(command[0]).name} ended with {done.returncode}: {done.stdout.strip()[-1500:]}")
    return done.stdout


def absent(*commands):
    """Why these can't be used, or None."""
    for command in commands:
        if command == FOLDER:
            if not (FOLDER / "made-from").exists():
                reason = FOLDER / "missing"
                if reason.exists():
                    return reason.read_text(encoding="utf-8").strip()
                return "scripts/kernel-compilers has not run"
        elif not any((pathlib.Path(place) / command).exists() for place in os.environ["PATH"].split(":")):
            return f"{command} is not installed; scripts/setup does that"
    return None


class Compiler:
    rounds_local = False  # local memory is told in the sizes that the device hands out


class Amd(Compiler):
    """clang for AMDGPU with ROCm's device libraries, linked."""
    LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu/amdgcn/bitcode")
    # Debian's device libraries end before these; one constant is all that they lack.
    ISA_VERSIONS = {"gfx942": 9402, "gfx1100": 11000, "gfx1201": 12001}

    def __init__(self, chip):
        self.name = chip

    def missing(self):
        if not self.LIBRARIES.is_dir():
            return "rocm-device-libs is not installed; scripts/setup does that"
        return absent(CLANG, "ld.lld-19")

    def version(self):
        return run([CLANG, "--version"]).split("\n", 1)[0]

    def _libraries(self, folder):
        version = self.ISA_VERSIONS.get(self.name)
        if version is None:
            return self.LIBRARIES
        for library in self.LIBRARIES.glob("*.bc"):
            (folder / library.name).symlink_to(library)
        code = folder / "version.ll"
        code.write_text("@__oclc_ISA_version = linkonce_odr protected local_unnamed_addr addrspace(4) constant i32 "
                        f"{version}, align 4\n", encoding="ascii")
        run([CLANG, "-target", "amdgcn-amd-amdhsa", "-nogpulib", "-w", "-emit-llvm", "-c", "-x", "ir", code, "-o",
             folder / f"oclc_isa_version_{self.name[3:]}.bc"])
        return folder

    def compile(self, build):
        with tempfile.TemporaryDirectory(prefix="sateen-amd-") as place:
            folder = pathlib.Path(place)
            (folder / "libraries").mkdir()
            output = folder / "code"
            libraries = self._libraries(folder / "libraries")
            run([CLANG, "-x", "cl", "-target", "amdgcn-amd-amdhsa", "-mcpu=" + self.name, "-O3",
                 f"--rocm-device-lib-path={libraries}", *build.options, build.path, "-o", output])
            data = binaries.sections(output.read_bytes())
        facts = {}
        for kernel in binaries.unpack(binaries.note(data[".note"], "AMDGPU", 32))["amdhsa.kernels"]:
            facts[kernel[".name"]] = Facts(kernel[".vgpr_count"], kernel[".group_segment_fixed_size"],
                                           kernel[".vgpr_spill_count"] + kernel[".sgpr_spill_count"],
                                           kernel[".private_segment_fixed_size"], kernel[".max_flat_workgroup_size"])
        return facts


class Nvidia(Compiler):
    """clang for NVPTX with libclc, and NVIDIA's assembler."""
    REGISTERS = 65536  # of a multiprocessor

    def __init__(self, chip):
        self.name = chip

    def missing(self):
        return absent(CLANG, FOLDER)

    def version(self):
        return run([CLANG, "--version"]).split("\n", 1)[0] + ", ptxas " + re.search(
            r"V([\d.]+)", run([FOLDER / "ptxas", "--version"]))[1]

    def compile(self, build):
        with tempfile.TemporaryDirectory(prefix="sateen-nvidia-") as place:
            code = pathlib.Path(place, "code.ptx")
            # -fgnu-keywords: for asm, which NVIDIA's own compiler takes.
            run([CLANG, "-x", "cl", "-target", "nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", self.name,
                 "-Xclang", "-target-feature", "-Xclang", "+ptx78", "-O3", "-fgnu-keywords", "-Wno-linker-warnings",
                 "-Xclang", "-mlink-builtin-bitcode", "-Xclang", FOLDER / "nvptx64--nvidiacl.bc", "-S", *build.options,
                 build.path, "-o", code])
            words = run([FOLDER / "ptxas", "-arch=" + self.name, "-v", code, "-o", pathlib.Path(place, "code")])
        facts = {}
        for part in words.split("Compiling entry function ")[1:]:
            def number(pattern, part=part):
                found = re.search(pattern, part)
                return int(found[1]) if found else 0
            registers = number(r"Used (\d+) registers")
            granted = (registers + 7) // 8 * 8 * 32  # for each 32 work-items
            facts[re.match(r"'(\w+)'", part)[1]] = Facts(
                registers, number(r"(\d+) bytes smem"),
                number(r"(\d+) bytes spill stores") + number(r"(\d+) bytes spill loads"),
                number(r"(\d+) bytes stack frame"), min(1024, self.REGISTERS // granted * 32))
        return facts


class Intel(Compiler):
    """Intel's offline compiler."""
    rounds_local = True
    LARGEST_GROUP = {"skl": 256, "tgllp": 512, "dg2": 1024, "pvc": 1024}
    # What the backend adds for a device without smaller sub-groups.
    DEFINES = {"pvc": ("-DSUB_GROUP=16",)}

    def __init__(self, chip):
        self.name = chip

    def missing(self):
        return absent(FOLDER)

    def version(self):
        return "ocloc 22.43 of Debian 12"

    def compile(self, build):
        with tempfile.TemporaryDirectory(prefix="sateen-intel-") as place:
            words = run([FOLDER / "ocloc", "compile", "-file", build.path, "-device", self.name, "--format", "zebin",
                         "-options", " ".join((*build.options, *self.DEFINES.get(self.name, ()))), "-out_dir", place, "-output", "code"],
                        env={**os.environ, "LD_LIBRARY_PATH": str(FOLDER)})
            outputs = sorted(pathlib.Path(place).glob("*.bin"))
            if len(outputs) != 1:
                raise CompileError(f"ocloc wrote {len(outputs)} binaries: {words.strip()[-1500:]}")
            data = binaries.sections(outputs[0].read_bytes())
        spills = {name: int(n) for name, n in re.findall(r"kernel (\w+)\s+compiled.*spilled around (\d+)", words)}
        info = data.get(".ze_info", b"").rstrip(b"\0").decode("utf-8").split("\nkernels_misc_info:")[0]
        facts = {}
        for part in re.split(r"^  - name: +", info, flags=re.MULTILINE)[1:]:
            name = part.split("\n", 1)[0].strip().strip("'")
            # What is only described is not there, and one is the compiler's own.
            if ".text." + name not in data or name == "Intel_Symbol_Table_Void_Program":
                continue

            def number(pattern, part=part):
                found = re.search(pattern, part)
                return int(found[1]) if found else 0
            memory = sum(int(n) for n in re.findall(r"usage: +\w+\n\s+size: +(\d+)", part))
            facts[name] = Facts(number(r"grf_count: +(\d+)"), number(r"slm_size: +(\d+)"),
                                max(spills.get(name, 0), number(r"usage: +spill_fill_space\n\s+size: +(\d+)")), memory,
                                self.LARGEST_GROUP[self.name])
        return facts


class Spirv(Compiler):
    """SPIR-V by way of LLVM, and the validator's opinion of it."""
    name = "spir64"

    def missing(self):
        return absent("clang-15", "llvm-spirv-15", "spirv-val", "spirv-dis")

    def version(self):
        return run(["clang-15", "--version"]).split("\n", 1)[0] + ", " + run(["spirv-val", "--version"]).split("\n", 1)[0]

    def compile(self, build):
        with tempfile.TemporaryDirectory(prefix="sateen-spirv-") as place:
            code = pathlib.Path(place, "code.bc")
            module = pathlib.Path(place, "code.spv")
            # Optimised code would be translated into modules that are not valid.
            run(["clang-15", "-x", "cl", "-target", "spir64-unknown-unknown", "-O0", "-Xclang", "-no-opaque-pointers",
                 "-emit-llvm", "-c", *build.options, build.path, "-o", code])
            run(["llvm-spirv-15", code, "-o", module])
            run(["spirv-val", module])
            words = run(["spirv-dis", module])
        names = re.findall(r'OpEntryPoint Kernel %\w+ "(\w+)"', words)
        return {name: Facts(0, 0, 0, 0, 1024) for name in names}


class Lint(Compiler):
    """clang's opinion of a file in one version of OpenCL C, on devices of 32 or 64 bits, with no or all extensions."""
    # Matters of taste, and what -cl-ext=-all itself gives rise to.
    OFF = ("declaration-after-statement", "float-equal", "pedantic-core-features", "sign-conversion", "unsafe-buffer-usage",
           "unused-macros", "unused-parameter")

    def __init__(self, standard, bits, extensions):
        self.standard = standard
        self.bits = bits
        self.extensions = extensions
        self.name = f"{standard}, {bits} bits, {'all' if extensions == '+all' else 'no'} extensions"

    def missing(self):
        return absent(CLANG)

    def version(self):
        return run([CLANG, "--version"]).split("\n", 1)[0]

    def compile(self, build):
        options = [option for option in build.options if not option.startswith("-cl-")]
        processor = "spir" if self.bits == 32 else "spir64"
        run([CLANG, "-x", "cl", f"-cl-std={self.standard}", "-target", f"{processor}-unknown-unknown", "-Xclang",
             f"-cl-ext={self.extensions}", "-fsyntax-only", "-Weverything", "-Werror",
             *("-Wno-" + name for name in self.OFF), *options, build.path])
        return None


class Family(NamedTuple):
    targets: tuple
    more: tuple  # those of scripts/platforms alone
    gpus: bool  # builds for CPU devices don't concern it


FAMILIES = {
    "lint": Family(tuple(Lint(standard, bits, extensions) for standard in ("CL1.2", "CL2.0", "CL3.0")
                         for bits in (32, 64) for extensions in ("-all", "+all")), (), False),
    "spirv": Family((Spirv(),), (), False),
    "amd": Family(tuple(map(Amd, ("gfx90a", "gfx1030", "gfx1100"))), tuple(map(Amd, ("gfx906", "gfx942", "gfx1201"))), True),
    "nvidia": Family(tuple(map(Nvidia, ("sm_70", "sm_75", "sm_80", "sm_86", "sm_90"))),
                     tuple(map(Nvidia, ("sm_60", "sm_89"))), True),
    "intel": Family(tuple(map(Intel, ("tgllp", "dg2", "pvc"))), (Intel("skl"),), True),
}


def missing(family) -> Optional[str]:
    return absent("clang-15") or family.targets[0].missing()

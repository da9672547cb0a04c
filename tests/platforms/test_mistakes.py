"""Kernels with a mistake each: the gate that is meant for it finds it, and nothing in the same kernel without it. What
only shows when a kernel runs is in tests/oclgrind."""

import pathlib
import tempfile
import unittest

import builds
import compilers
import gates

GPU = ("-cl-std=CL1.2", "-DLANES=4", "-DVECTORS=1", "-DTILE=4")

SPILL = """
__kernel void many(__global float16* restrict p, __global const float16* restrict q, int n) {
  float16 a[REGISTERS];
#pragma unroll
  for (int i = 0; i < REGISTERS; ++i) a[i] = p[i * n];
  for (int k = 0; k < n; ++k) {
#pragma unroll
    for (int i = 0; i < REGISTERS; ++i) a[i] = fma(a[i], q[k], a[(i * 7 + 3) % REGISTERS]);
  }
#pragma unroll
  for (int i = 0; i < REGISTERS; ++i) p[i * n] = a[i];
}
"""
LOCAL = """
__kernel void shared(__global float* p) {
  __local float part[FLOATS];
  const size_t i = get_local_id(0);
  part[i] = p[i];
  barrier(CLK_LOCAL_MEM_FENCE);
  p[i] = part[FLOATS - 1 - i];
}
"""
GROUP = """
__kernel __attribute__((reqd_work_group_size(WIDE, 4, 1))) void grouped(__global float* p) {
  p[get_global_id(0)] = 1.0f;
}
"""
GUARDED = """
#ifdef cl_khr_fp64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
__kernel void add(__global double* p) { p[get_global_id(0)] += 1.0; }
#else
__kernel void add(__global float* p) { p[get_global_id(0)] += 1.0f; }
#endif
"""
UNGUARDED = """
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
__kernel void add(__global double* p) { p[get_global_id(0)] += 1.0; }
"""
HALF = """
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
__kernel void add(__global half* p) { p[get_global_id(0)] += (half)1; }
"""
SUB_GROUPS = """
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
__kernel void add(__global int* p) { p[get_global_id(0)] = (int)get_sub_group_size(); }
"""
FALSE_GUARD = """
#ifdef cl_khr_that_nobody_has
__kernel void hidden(__global float* p) { p[get_global_id(0)] += 1.0f; }
#endif
"""
NARROWED = """
__kernel void narrowed(__global int* p, ulong n) {
  const int last = n;
  p[get_global_id(0)] = last;
}
"""
BROKEN = "__kernel void broken(__global float* p) { p[0] = no_such_function(1.0f); }\n"


class Mistakes(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="sateen-mistakes-")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)

    def findings(self, family, text, *macros, kind="gpu", default=True):
        """What each of the family's targets has against the kernel, by name of the target."""
        path = self.folder / "mistake.cl"
        path.write_text(text, encoding="utf-8")
        build = builds.Build(path, kind, default, "gpu", 64, (*GPU, *macros))
        found = {}
        for target in compilers.FAMILIES[family].targets:
            rows = gates.judge(build, target, builds.kernel_names(build), builds.required_groups(build))
            found[target.name] = "; ".join(finding for row in rows for finding in row["findings"])
        return found

    def assert_all(self, words, found):
        for target, findings in found.items():
            with self.subTest(target):
                self.assertRegex(findings, words)

    def assert_none(self, found):
        self.assertEqual(set(found.values()), {""}, found)

    def test_spill(self):
        for family in ("amd", "nvidia", "intel"):
            with self.subTest(family):
                self.assert_none(self.findings(family, SPILL, "-DREGISTERS=2"))
                self.assert_all(r"spills \d", self.findings(family, SPILL, "-DREGISTERS=100"))

    def test_a_candidate_may_spill(self):
        self.assert_none(self.findings("nvidia", SPILL, "-DREGISTERS=100", default=False))

    def test_local_memory(self):
        for family in ("amd", "nvidia", "intel"):
            with self.subTest(family):
                self.assert_none(self.findings(family, LOCAL, "-DFLOATS=8191"))
                self.assert_all(r"takes \d+ bytes of local memory", self.findings(family, LOCAL, "-DFLOATS=8193"))
        self.assert_all("takes 32768 bytes of local memory", self.findings("amd", LOCAL, "-DFLOATS=8192"))

    def test_group(self):
        for family in ("amd", "nvidia", "intel", "spirv"):
            with self.subTest(family):
                self.assert_none(self.findings(family, GROUP, "-DWIDE=64"))
                self.assert_all("groups of 2048 work-items|does not compile", self.findings(family, GROUP, "-DWIDE=(256*2)"))

    def test_extension_without_guard(self):
        self.assert_none(self.findings("lint", GUARDED))
        for text in (UNGUARDED, HALF, SUB_GROUPS):
            found = self.findings("lint", text)
            self.assert_all("does not compile", {name: words for name, words in found.items() if "no extensions" in name})

    def test_false_guard(self):
        for family in ("amd", "nvidia", "intel", "spirv"):
            with self.subTest(family):
                self.assert_all("the kernel is not in the binary", self.findings(family, FALSE_GUARD))

    def test_no_kernel_at_all(self):
        self.assert_all("no kernel in the file", self.findings("spirv", "static inline float f(void) { return 1.0f; }\n"))

    def test_narrowing(self):
        self.assert_all("does not compile", self.findings("lint", NARROWED))

    def test_broken(self):
        for family in ("lint", "spirv", "amd", "nvidia", "intel"):
            with self.subTest(family):
                self.assert_all("does not compile", self.findings(family, BROKEN))

    def test_kernels_for_cpus_may_spill(self):
        self.assert_none(self.findings("nvidia", SPILL, "-DREGISTERS=100", kind="cpu"))


def load_tests(loader, tests, _pattern):
    """With a compiler missing the tests are skipped, with the reason."""
    for family in compilers.FAMILIES.values():
        reason = compilers.missing(family)
        if reason is not None:
            print(f"skipped: {reason}")
            raise SystemExit(77)
    return tests


if __name__ == "__main__":
    unittest.main()

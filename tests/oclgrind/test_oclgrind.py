"""Small conformance cases under Oclgrind: no race, no access out of bounds, no value read before it is written, in any
kernel. And kernels with a mistake put in, to know that each of these is found."""

import pathlib
import tempfile
import unittest

import oclgrind
from oclgrind import RACES, UNINITIALISED

CONVOLUTIONS = ("n1_h1_w1_c1_k1_k1x1_s1x1_p0000", "n2_h3_w3_c3_k3_k3x3_s1x1_p2222", "n3_h3_w7_c7_k31_k2x2_s1x1_p0011",
                "n2_h9_w11_c5_k6_k3x2_s1x2_p2100", "n1_h1_w1_c32_k32_k3x3_s1x1_p1111")
DENSE = ("n3_i7_o31", "n7_i31_o1", "n1_i33_o17")
POOLS = ("n1_h1_w1_c7_k2x2_s2x2_p0011", "n1_h3_w2_c17_k2x3_s1x2_p0102", "n2_h7_w7_c17_k3x2_s1x2_p2100",
         "ties_n1_h9_w10_c16_k3x3_s2x2_p1111")
ACTIVATIONS = ("dims_1", "dims_31_3")
CASES = {
    "gather": ("u8_f32_odd_sample", "u8_i32_odd_sample", "i32_i32_odd_sample", "f32_f32_one",
               "u8_f32_no_indices_past_the_end"),
    "conv2d_forward": CONVOLUTIONS,
    "conv2d_backward_data": CONVOLUTIONS,
    "conv2d_backward_weights": CONVOLUTIONS,
    "dense_forward": DENSE,
    "dense_backward_data": DENSE,
    "dense_backward_weights": DENSE,
    "max_pool2d_forward": POOLS,
    "max_pool2d_backward": POOLS,
    "leaky_relu_forward": ACTIVATIONS,
    "leaky_relu_backward": ACTIVATIONS,
    "dropout": ("one", "seven", "odd"),
    "softmax": ("n3_c7", "n31_c31", "nan_and_infinity"),
    "softmax_cross_entropy": ("odd", "one_class", "nothing_valid", "label_negative", "network_partial_batch"),
    "adam": ("one", "odd"),
    "advance": ("from_0",),
    "augment": ("one", "odd", "no_indices_past_the_end", "shift_alone"),
    "batch_norm": ("odd", "one_channel"),
    "batch_norm_train": ("odd", "part_of_a_batch", "one_value", "nothing_counts"),
    "batch_norm_backward": ("odd", "part_of_a_batch", "no_gradient_of_source"),
    "intermediates": ("block_odd", "flattened"),
    "pooled_blocks": ("one_pixel",),
    "training_step": ("one_step",),
    "peak_rules": ("rates",),
}
# What stands around products of the GEMM library; its own kernels are under the same eyes.
LIBRARY_CASES = ("dense_forward/n3_i7_o31", "dense_backward_data/n3_i7_o31", "dense_backward_weights/n3_i7_o31")


# With the kernels for GPUs and unoptimised code, of each of these one case has to do: their tiles have thousands of places
# whatever the size.
TILED_SUITES = ("conv2d_forward", "conv2d_backward_data", "conv2d_backward_weights", "dense_forward", "dense_backward_data",
                "dense_backward_weights")
LARGE_SUITES = ("intermediates", "training_step")

# Rows that are multiples of four floats, for each of the tiles.
TILED = tuple(f"conv2d_{way}/n1_h3_w3_c4_k8_k2x2_s1x1_p1100" for way in ("forward", "backward_data", "backward_weights"))
# A gradient that Winograd's kernels sum where they are asked to.
WINOGRAD = ("n1_h1_w1_c32_k32_k3x3_s1x1_p1111",)
TILES = ("gemm128x64x8-8x8", "gemm64x64x16-8x4", "gemm64x32x16-4x4", "gemm32x32x16-4x4")


# Of an operation that isn't named above, its first cases.
CASES.update({operation: cases[:3] for operation, cases in oclgrind.operations().items() if operation not in CASES})


def named(cases):
    return [f"{suite}/{name}" for suite, names in cases.items() for name in names]


class KernelTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="sateen-kernels-")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name, "kernels")
        oclgrind.telling_kernels(self.folder)


class Kernels(KernelTest):
    def assert_clean(self, checks, library_cases, tiles, gpu_cases):
        cases = {"cpu": named(CASES), "gpu": named(gpu_cases)}
        variants = [(case, "gpu", tile) for case in TILED for tile in tiles]
        variants += [(f"conv2d_backward_weights/{case}", "cpu", "winograd") for case in WINOGRAD]
        runs = oclgrind.run_all(cases, library_cases, variants, checks, self.folder)
        for done in runs:
            with self.subTest(done.case):
                self.assertEqual(done.faults(), "")
        executed = set().union(*(done.executed for done in runs))
        self.assertEqual(oclgrind.kernel_names(), executed, "some kernels are in no case")

    def test_races_and_bounds(self):
        self.assert_clean(RACES, (*LIBRARY_CASES, "training_step/one_step"), TILES, CASES)

    def test_uninitialised(self):
        # Not the whole step: the library is checked once for each shape, and only the first of these buffers is known.
        fewer = {suite: names[1:2] if suite in TILED_SUITES else names for suite, names in CASES.items()
                 if suite not in LARGE_SUITES}
        self.assert_clean(UNINITIALISED, LIBRARY_CASES, TILES[-1:], fewer)


class Mistakes(KernelTest):
    """One line of one kernel file changed: the finding that it has to give."""

    def assert_found(self, words, case, checks, file, before, after, variant=""):
        text = (self.folder / file).read_text(encoding="utf-8")
        self.assertEqual(text.count(before), 1, f"{file} has changed: {before}")
        self.assertEqual(oclgrind.run(case, "gpu", checks, self.folder, variant=variant).faults(), "")
        (self.folder / file).write_text(text.replace(before, after), encoding="utf-8")
        done = oclgrind.run(case, "gpu", checks, self.folder, variant=variant)
        self.assertIn("findings", done.faults())
        self.assertIn(words, done.log)

    def test_race(self):
        self.assert_found("race", "advance/from_0", RACES, "update.cl",
                          "  if (get_global_id(0) == 0) {\n    cursor", "  {\n    cursor")

    def test_missing_barrier(self):
        self.assert_found("data race at local memory", TILED[0], RACES, "implicit_gemm.cl",
                          "    barrier(CLK_LOCAL_MEM_FENCE);\n", "")

    def test_read_out_of_bounds(self):
        self.assert_found("Invalid read", "leaky_relu_forward/dims_1", RACES, "common.clh", "i < n ? p[i] : 0.0f", "p[i]")

    def test_write_out_of_bounds(self):
        self.assert_found("Invalid write", "leaky_relu_forward/dims_1", RACES, "common.clh",
                          "for (int i = 0; i < n; ++i) p[i]", "for (int i = 0; i < LANES; ++i) p[i]")

    def test_uninitialised_in_a_kernel(self):
        self.assert_found("Uninitialized value", "dense_backward_weights/n3_i7_o31", UNINITIALISED, "weights_gradient.cl",
                          "    vec sum = 0.0f;\n", "    vec sum;\n", "plain")

    def test_uninitialised_between_kernels(self):
        self.assert_found("Uninitialized value", "conv2d_forward/n2_h3_w3_c3_k3_k3x3_s1x1_p2222", UNINITIALISED, "pad.cl",
                          "        store_up_to(to + c,", "        if (inside) store_up_to(to + c,", "plain")


REVERSE = """__kernel void reverse(__global const float* src, __global float* dst) {
  __local float part[16];
  const int i = (int)get_local_id(0);
  part[i] = src[get_global_id(0)];
  barrier(CLK_LOCAL_MEM_FENCE);
  dst[get_global_id(0)] = part[15 - i];
}
"""


class LocalMemory(unittest.TestCase):
    """A small kernel with local memory and a barrier."""

    def found(self, text):
        return oclgrind.run_alone(text, "reverse", (32, 16), ("<size=128 fill=1 float>", "<size=128 fill=0 float>"), RACES)

    def test_right(self):
        self.assertEqual(self.found(REVERSE), "")

    def test_missing_barrier(self):
        self.assertIn("data race at local memory", self.found(REVERSE.replace("  barrier(CLK_LOCAL_MEM_FENCE);\n", "")))

    def test_read_out_of_bounds(self):
        self.assertIn("Invalid read of size 4 at local memory", self.found(REVERSE.replace("15 - i", "16 - i")))


class Checker(KernelTest):
    def test_no_kernel_is_a_fault(self):
        self.assertEqual(oclgrind.run("coverage/advance", "cpu", RACES, self.folder).faults(), "no kernel was executed")

    def test_no_log_is_a_fault(self):
        done = oclgrind.run("advance/from_0", "cpu", RACES, self.folder)
        self.assertEqual(done.faults(), "")
        self.assertEqual(done._replace(log=None).faults(), "no log was written")

    def test_no_such_case_is_a_fault(self):
        self.assertIn("exit code", oclgrind.run("advance/no_such_case", "cpu", RACES, self.folder).faults())


if __name__ == "__main__":
    unittest.main()

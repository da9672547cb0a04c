"""sateen-info --self-test on OpenCL: it passes on a good driver, and finds each kind of fault that is put in."""

import json
import shutil
import unittest

import harness
from harness import run
from opencl import OpenCLTest
from test_opencl_errors import KERNELS


with_a_fault = unittest.skipIf(harness.SANITIZED, "the same code again, many times slower")


class SelfTest(OpenCLTest):
    def self_test(self, *arguments, shim=None, **changes):
        """The result, and outcome and text of each check."""
        result = run("sateen-info", "--self-test", "--backend", "opencl", "--json", *arguments,
                     env=self.environment(shim, **changes))
        self.assertTrue(result.stdout, result.stderr)
        test = json.loads(result.stdout)
        return result, {c["name"]: (c["outcome"], c["text"]) for c in test["checks"]}

    def assert_found(self, expected, *arguments, **changes):
        """These checks fail, with these words, and no others."""
        result, checks = self.self_test(*arguments, **changes)
        self.assert_code(result, 4)
        failed = {name: text for name, (outcome, text) in checks.items() if outcome == "fail"}
        self.assertEqual(set(failed), set(expected), failed)
        for name, words in expected.items():
            self.assertIn(words, failed[name])
        self.assertEqual(len(self.error_lines(result)), 1, result.stderr)
        self.assertIn(f"{len(expected)} of {len(checks)} checks failed on opencl:", result.stderr)

    def test_a_good_driver_and_its_report(self):
        report = self.folder / "opencl-report.txt"
        result, checks = self.self_test("--report", report)
        self.assert_code(result, 0)
        self.assertEqual({outcome for outcome, _ in checks.values()}, {"pass"}, checks)
        text = report.read_text(encoding="utf-8")
        for fragment in ("  platform_version: OpenCL ", "  extensions: ", "  programs_built: ", "  gemm: own kernels",
                         "  SATEEN_CACHE_DIR="):
            self.assertIn(fragment, text)

    def test_a_lesser_device(self):
        result, checks = self.self_test(SATEEN_OPENCL_PRETEND="small-groups+plain+no-binaries+no-profiling")
        self.assert_code(result, 0)
        others = {name: outcome for name, (outcome, _) in checks.items() if outcome != "pass"}
        self.assertEqual(others, {"program cache": "skipped"}, checks)

    def with_kernels(self, *changes):
        """A folder of kernels in which (file, old, new) were exchanged."""
        folder = self.new_folder("kernels")
        for kernel in KERNELS.iterdir():
            shutil.copy(kernel, folder)
        for file, old, new in changes:
            text = (folder / file).read_text(encoding="utf-8")
            self.assertIn(old, text)
            (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return str(folder)

    @with_a_fault
    def test_a_lost_nan_and_numbers_that_are_wrong_at_size_alone(self):
        kernels = self.with_kernels(
            ("max_pool2d.cl", "best = select(best, v, (v > best) | isnan(v));", "best = fmax(best, v);"),
            ("weights_gradient.cl", "store_up_to(out + out_at + part * columns + column, sum,",
             "store_up_to(out + out_at + part * columns + column, rows > 1000 ? sum * 1.001f : sum,"))
        self.assert_found({"special values": "max_pool2d_forward", "training": "are allowed",
                           "... with dropout": "are allowed"}, SATEEN_KERNEL_DIR=kernels)

    @with_a_fault
    def test_a_driver_that_lies(self):
        self.assert_found({"driver faults": "lost runs: of 2000 runs in a row 1999", "memory limits": "256 MiB"},
                          shim="lying_driver", SHIM_LOSE_KERNEL="1500", SHIM_TIMES="zero", SHIM_SHORT_MEMORY="100000000")

    @with_a_fault
    def test_borders_of_zeros(self):
        kernels = self.with_kernels((
            "max_pool2d.cl", "store_up_to(to + c, best, channels - c);",
            "store_up_to(to + c, (y1 - y0) * (x1 - x0) < window_y * window_x ? fmax(best, (vec)(0.0f)) : best,"
            " channels - c);"))
        result, checks = self.self_test(SATEEN_KERNEL_DIR=kernels)
        self.assert_code(result, 4)
        self.assertEqual((checks["special values"][0], checks["operations"][0]), ("fail", "fail"), checks)

    @with_a_fault
    def test_writes_beside_a_result(self):
        kernels = self.with_kernels(("update.cl", "cursor[cursor_at + 1] += 1;",
                                     "cursor[cursor_at + 1] += 1; cursor[cursor_at + 2] += 1;"))
        result, checks = self.self_test(SATEEN_KERNEL_DIR=kernels)
        self.assert_code(result, 4)
        self.assertIn("writes beside its result", checks["operations"][1])

    @with_a_fault
    def test_a_kernel_that_does_not_build(self):
        report = self.folder / "build-report.txt"
        kernels = self.with_kernels(("dropout.cl", "dropout(", "dropout(no_such_type x, "))
        result, checks = self.self_test("--report", report, SATEEN_KERNEL_DIR=kernels)
        self.assert_code(result, 4)
        self.assertIn("CL_BUILD_PROGRAM_FAILURE", checks["operations"][1])
        self.assertEqual((checks["training"][0], checks["... with dropout"][0]), ("pass", "fail"))
        self.assertIn("no_such_type", report.read_text(encoding="utf-8"))

    @with_a_fault
    def test_a_device_that_can_not_be_used(self):
        kernels = self.with_kernels(("update.cl", "advance(", "advance(no_such_type x, "))
        result, checks = self.self_test(SATEEN_KERNEL_DIR=kernels)
        self.assert_code(result, 4)
        self.assertEqual({outcome for outcome, _ in checks.values()}, {"fail", "skipped"})
        self.assertIn("no_such_type", checks["opening"][1])

    @with_a_fault
    def test_other_bytes_each_time(self):
        self.assert_found({"determinism": "other bytes", "operations": "again"}, shim="lying_driver", SHIM_RESTLESS="3")

    @with_a_fault
    def test_work_that_fails(self):
        self.assert_found({"operations": "CL_OUT_OF_RESOURCES"}, shim="faulty_driver", SHIM_FAIL_KERNEL="20")

    @with_a_fault
    def test_reads_that_do_not_wait(self):
        _, checks = self.self_test(shim="lying_driver", SHIM_STALE_READ="20")
        self.assertIn("reads too early", checks["driver faults"][1])
        self.assertEqual(checks["events"][0], "fail")

    @with_a_fault
    def test_binaries_that_are_refused(self):
        self.assert_found({"program cache": "the driver took 0"}, shim="faulty_driver", SHIM_REFUSE_BINARY="1")

    @with_a_fault
    def test_a_wrong_gemm_is_refused(self):
        result, checks = self.self_test("--device-option", "kernels=gpu", "--device-option", "variant=plain", shim="wrong_gemm", SHIM_GEMM="scaled")
        self.assert_code(result, 0)
        self.assertIn("refused", checks["matrix products"][1])

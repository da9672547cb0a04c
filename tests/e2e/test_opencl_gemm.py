"""The check of the GEMM library: what is right is used, what is wrong is refused."""

from harness import run
from opencl import OpenCLTest, lines


class Gemm(OpenCLTest):
    """The GEMM library is the default for GPUs where there are only the plain kernels beside it; kernels=gpu makes a GPU of
    whatever device there is."""

    # Those with tiles take long to compile where there is no GPU.
    AS_GPU = ("--device-option", "kernels=gpu", "--device-option", "variant=plain", "--model", "plain")

    def calls(self, name, *arguments, **changes):
        log = self.new_folder("log") / "log"
        out, result = self.train_opencl(name, *(arguments or self.AS_GPU),
                                        env=self.environment("wrong_gemm", SHIM_LOG=str(log), **changes))
        return out, result, lines(log)

    def test_right_products_are_used(self):
        own, result, calls = self.calls("own", SATEEN_GEMM="own", SHIM_GEMM="right")
        self.assert_code(result, 0)
        self.assertEqual(calls, [])
        for name, changes in (("auto", {}), ("forced", {"SATEEN_GEMM": "clblast"}), ("indirect", {"SHIM_INDIRECT": "1"})):
            out, result, calls = self.calls(name, SHIM_GEMM="right", **changes)
            self.assert_code(result, 0)
            # 8 steps with six products each, beside those of the check.
            self.assertGreater(len(calls), 48)
            self.assertEqual(set(calls), {"gemm with temporary memory" if name == "indirect" else "gemm"})
            self.assertNotIn("CLBlast", result.stderr)
            self.assertNotEqual((out / "last.sateen").read_bytes(), (own / "last.sateen").read_bytes())
        result = run("sateen-train", "--data", self.data, "--resume", out, "--epochs", "2", "--backend", "opencl",
                     *self.AS_GPU, env=self.environment(SATEEN_GEMM="own"))
        self.assert_code(result, 0)
        self.assertRegex(result.stderr, r"(?m)^resume +not all kernels can be chosen as before \(clblast for dense")

    def test_wrong_products_are_refused(self):
        own, result, _ = self.calls("reference", SATEEN_GEMM="own")
        self.assert_code(result, 0)
        for how in ("scaled", "last", "fails", "beside"):
            with self.subTest(how):
                out, result, calls = self.calls(f"auto-{how}", SHIM_GEMM=how)
                self.assert_code(result, 0)
                self.assertNotEqual(calls, [])
                self.assertIn("CLBlast is not used", result.stderr)
                self.assertEqual((out / "last.sateen").read_bytes(), (own / "last.sateen").read_bytes())
                out, result, _ = self.calls(f"forced-{how}", SHIM_GEMM=how, SATEEN_GEMM="clblast")
                self.assert_refused(result, 4, "CLBlast", "SATEEN_GEMM=own")
                self.assertFalse((out / "last.sateen").exists())

    def test_tiles_are_taken_before_it(self):
        tile = ("--device-option", "kernels=gpu", "--device-option", "variant=gemm32x32x16-4x4", "--model", "plain")
        _, result, calls = self.calls("tiles", *tile, SHIM_GEMM="right")
        self.assert_code(result, 0)
        self.assertEqual(calls, [])

    def test_a_cpu_device_uses_its_own(self):
        log = self.folder / "cpu-log"
        _, result = self.train_opencl("cpu-device", "--device-option", "kernels=cpu",
                                      env=self.environment("wrong_gemm", SHIM_LOG=str(log), SHIM_GEMM="scaled"))
        self.assert_code(result, 0)
        self.assertEqual(lines(log), [])

    def test_a_wrong_word(self):
        _, result = self.train_opencl("word", env=self.environment(SATEEN_GEMM="fast"))
        self.assert_refused(result, 2, "SATEEN_GEMM", "auto, own or clblast")

"""Errors of an OpenCL device and of its kernels: named, with the exit code, and nothing lost."""

import pathlib
import shutil
import signal
import subprocess

from harness import command, environment, run
from opencl import OpenCLTest

KERNELS = pathlib.Path(__file__).resolve().parents[2] / "kernels"


class Errors(OpenCLTest):
    DRIVER_CACHE = False

    def test_a_kernel_that_fails_is_named(self):
        for kernel in (1, 7, 200):
            out, result = self.train_opencl(f"fail-{kernel}", env=self.environment("faulty_driver",
                                                                                   SHIM_FAIL_KERNEL=str(kernel)))
            self.assert_refused(result, 4, "CL_OUT_OF_RESOURCES", "failed on the device")
            # The checkpoint of the beginning is whole: the run goes on elsewhere.
            self.assertFalse((out / "best.sateen").exists())
            again = run("sateen-train", "--resume", out, "--data", self.data, "--backend", "cpu", env=environment())
            self.assert_code(again, 0)
            self.assertIn("trained on another device before (opencl, ", again.stderr)
        # The first kernel of a step gathers the images.
        _, result = self.train_opencl("fail-named", env=self.environment("faulty_driver", SHIM_FAIL_KERNEL="1"))
        self.assert_refused(result, 4, "gather.images")

    def test_waiting_for_each_kernel_names_the_same(self):
        messages = []
        for sync in ("0", "1"):
            _, result = self.train_opencl(f"sync-{sync}", env=self.environment(
                "faulty_driver", SHIM_FAIL_KERNEL="20", SATEEN_SYNC=sync))
            self.assert_code(result, 4)
            messages.append(self.error_lines(result)[0].split(": ")[-1])
        self.assertEqual(*messages)

    def test_a_kernel_that_is_refused_is_named(self):
        for kernel, name in ((1, "gather.images"), (2, "conv1")):
            _, result = self.train_opencl(f"refuse-{kernel}", env=self.environment("faulty_driver",
                                                                                   SHIM_REFUSE_KERNEL=str(kernel)))
            self.assert_refused(result, 4, name, "CL_OUT_OF_RESOURCES")

    def test_a_build_that_fails_now_and_then(self):
        # As with PoCL, when processes build the same program at the same time.
        _, result = self.train_opencl("builds-2", env=self.environment(
            "faulty_driver", SHIM_FAIL_BUILDS="2", SATEEN_CACHE_DIR=str(self.new_folder("cache"))))
        self.assert_code(result, 0)
        env = self.environment("faulty_driver", SHIM_FAIL_BUILDS="3", SATEEN_CACHE_DIR=str(self.new_folder("cache")))
        _, result = self.train_opencl("builds-3", env=env)
        self.assert_refused(result, 4, "CL_BUILD_PROGRAM_FAILURE")

    def test_a_signal_while_kernels_compile(self):
        # Into empty caches, so that there is something to compile.
        env = self.environment(SATEEN_CACHE_DIR=str(self.new_folder("cold")), POCL_CACHE_DIR=str(self.new_folder("driver")))
        out = self.folder / "compiling"
        process = subprocess.Popen(command("sateen-train", "--backend", "opencl", "--data", self.data, "--out", out),
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
        for line in process.stderr:
            if line.startswith("model "):  # what comes next is compiled
                break
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=240)
        self.assertEqual(process.returncode, 143, stderr)
        self.assertIn("stopped by SIGTERM before training began: nothing was saved", stderr)
        self.assertFalse(out.exists())

    def test_a_kernel_that_does_not_build(self):
        folder = self.new_folder("kernels")
        for file in KERNELS.iterdir():
            shutil.copy(file, folder)
        with open(folder / "softmax.cl", "a", encoding="ascii") as file:
            file.write("this is no OpenCL C;\n")
        _, result = self.train_opencl("build", env=self.environment(SATEEN_KERNEL_DIR=str(folder)))
        self.assert_refused(result, 4, "softmax.cl", "CL_BUILD_PROGRAM_FAILURE")
        shutil.rmtree(folder)
        _, result = self.train_opencl("gone", env=self.environment(SATEEN_KERNEL_DIR=str(folder)))
        self.assert_refused(result, 4, "SATEEN_KERNEL_DIR")

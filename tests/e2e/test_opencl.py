"""The OpenCL backend behind the programs: its cache of programs, the GEMM library's check, errors of the device."""

import concurrent.futures
import os
import pathlib
import shutil
import unittest

import harness
from harness import ProgramTest, environment, run

SHIMS = pathlib.Path(os.environ.get("SATEEN_TEST_SHIMS", ""))
KERNELS = pathlib.Path(__file__).resolve().parents[2] / "kernels"


def missing_device():
    """Why no OpenCL device can be used here, or nothing."""
    result = run("sateen-train", "--backend", "opencl", "--epochs", "1", "--data", "/nonexistent", "--out", "/dev/null")
    return result.stderr if result.returncode == 4 else ""


def lines(path):
    return path.read_text(encoding="ascii").splitlines() if path.exists() else []


class OpenCLTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        reason = missing_device()
        if reason:
            raise unittest.SkipTest(reason)
        super().setUpClass()
        cls.cache = cls.folder / "cache"
        out, result = cls.train(cls, "model", "--epochs", "1")
        assert result.returncode == 0, result.stderr
        cls.model = out / "best.sateen"
        cls.picture = cls.folder / "picture.png"
        harness.write_png(cls.picture, harness.picture(3, 3), harness.SIDE, harness.SIDE)

    def environment(self, shim=None, **changes):
        """Caches of the class: ours, and the driver's own."""
        driver = self.folder / "driver"
        driver.mkdir(exist_ok=True)
        own = {"SATEEN_CACHE_DIR": str(self.cache), "POCL_CACHE_DIR": str(driver)}
        if shim:
            own["LD_PRELOAD"] = str(SHIMS / f"{shim}.so")
        return environment(**{**own, **changes})

    def new_folder(self, name):
        number = 1
        while (folder := self.folder / f"{name}{number}").exists():
            number += 1
        folder.mkdir()
        return folder

    def train_opencl(self, name, *arguments, **options):
        return self.train(name, "--backend", "opencl", "--epochs", "1", *arguments, **options)

    def predict(self, env):
        return run("sateen-predict", "--backend", "opencl", "-m", self.model, self.picture, env=env)


class Cache(OpenCLTest):
    """Each test begins with a warm cache, which was made once; `cold` empties it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warm = cls.folder / "warm"
        cls.first, cls.built, _ = cls().predict_counting(SATEEN_CACHE_DIR=str(cls.warm))

    def setUp(self):
        self.cold()
        shutil.copytree(self.warm, self.cache)

    def cold(self):
        shutil.rmtree(self.cache, ignore_errors=True)

    def entries(self):
        return sorted((self.cache / "opencl").glob("*.program"))

    def predict_counting(self, **changes):
        """The result, and how many programs were built from source and how many loaded; the driver knows none yet."""
        log = self.new_folder("log") / "log"
        result = self.predict(self.environment("faulty_driver", SHIM_LOG=str(log),
                                               POCL_CACHE_DIR=str(self.new_folder("driver")), **changes))
        made = lines(log)
        return result, made.count("source"), made.count("binary")

    def test_a_second_start_builds_nothing(self):
        self.assert_code(self.first, 0)
        self.assertGreater(self.built, 0)
        kept = {entry: entry.read_bytes() for entry in self.entries()}
        self.assertEqual(len(kept), self.built)
        second, built_again, loaded = self.predict_counting()
        self.assert_code(second, 0)
        self.assertEqual((built_again, loaded), (0, self.built))
        self.assertEqual(second.stdout, self.first.stdout)
        self.assertNotIn("warning", second.stderr)
        self.assertEqual({entry: entry.read_bytes() for entry in self.entries()}, kept)

    def assert_mended(self, damage):
        """After damage to two entries: one warning, the same answer, and good entries again."""
        damage(self.entries()[:2])
        second, rebuilt, loaded = self.predict_counting()
        self.assert_code(second, 0)
        self.assertEqual(second.stdout, self.first.stdout)
        self.assertEqual((rebuilt, loaded), (2, self.built - 2))
        self.assertEqual(second.stderr.count("warning"), 1, second.stderr)
        third, again, loaded = self.predict_counting()
        self.assert_code(third, 0)
        self.assertEqual((again, loaded), (0, self.built))
        self.assertNotIn("warning", third.stderr)

    def test_damaged_entries_are_built_again(self):
        def cut(entries):
            for entry in entries:
                os.truncate(entry, entry.stat().st_size // 2)

        def empty(entries):
            for entry in entries:
                os.truncate(entry, 0)

        def flipped(entries):
            for entry in entries:
                data = bytearray(entry.read_bytes())
                data[-100] ^= 1
                entry.write_bytes(data)

        def exchanged(entries):  # whole, but another program's or driver's
            one, two = entries[0].read_bytes(), entries[1].read_bytes()
            entries[0].write_bytes(two)
            entries[1].write_bytes(one)

        for damage in (cut, empty, flipped, exchanged):
            with self.subTest(damage.__name__):
                self.assert_mended(damage)

    def test_an_entry_that_is_no_file(self):
        entry = self.entries()[0]
        entry.unlink()
        os.mkfifo(entry)
        result, built, _ = self.predict_counting()
        self.assert_code(result, 0)
        self.assertEqual(built, 1)

    def test_a_driver_that_refuses_its_binaries(self):
        second, rebuilt, tried = self.predict_counting(SHIM_REFUSE_BINARY="1")
        self.assert_code(second, 0)
        self.assertEqual((rebuilt, tried), (self.built, self.built))
        self.assertEqual(second.stdout, self.first.stdout)
        self.assertEqual(second.stderr.count("warning"), 1, second.stderr)

    def test_other_options_are_other_programs(self):
        before = len(self.entries())
        env = self.environment()
        result = run("sateen-predict", "--backend", "opencl", "--device-option", "kernels=gpu", "-m", self.model,
                     self.picture, env=env)
        self.assert_code(result, 0)
        self.assertEqual(len(self.entries()), 2 * before)

    def test_switched_off(self):
        self.cold()
        result, built, _ = self.predict_counting(SATEEN_CACHE_DISABLE="1")
        self.assert_code(result, 0)
        self.assertGreater(built, 0)
        self.assertFalse(self.cache.exists())

    def test_without_a_home(self):
        env = self.environment()
        for name in ("SATEEN_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
            env.pop(name, None)
        self.assert_code(self.predict(env), 0)

    def test_a_place_that_can_not_be_written(self):
        self.cold()
        self.cache.write_text("a file where the folder would be")
        result = self.predict(self.environment())
        self.assert_code(result, 0)
        self.assertEqual(result.stderr.count("warning"), 1, result.stderr)
        self.assertIn("SATEEN_CACHE_DIR", result.stderr)
        self.cache.unlink()

    def test_a_folder_that_everybody_may_write_to(self):
        os.chmod(self.cache / "opencl", 0o777)
        result, built, loaded = self.predict_counting()
        self.assert_code(result, 0)
        self.assertEqual(loaded, 0)
        self.assertGreater(built, 0)
        self.assertIn("warning", result.stderr)

    def test_many_processes_at_once(self):
        self.cold()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            results = list(pool.map(self.predict, [self.environment() for _ in range(16)]))
        for result in results:
            self.assert_code(result, 0)
            self.assertEqual(result.stdout, results[0].stdout)
            self.assertNotIn("warning", result.stderr)
        self.assertEqual([p.suffix for p in (self.cache / "opencl").iterdir() if p.suffix != ".program"], [])
        _, built, loaded = self.predict_counting()
        self.assertEqual((built, loaded), (0, len(self.entries())))


class Gemm(OpenCLTest):
    """The GEMM library is the default for GPUs; kernels=gpu makes a GPU of whatever device there is."""

    AS_GPU = ("--device-option", "kernels=gpu", "--model", "plain")

    def calls(self, name, *arguments, **changes):
        log = self.new_folder("log") / "log"
        out, result = self.train_opencl(name, *self.AS_GPU, *arguments,
                                        env=self.environment("wrong_gemm", SHIM_LOG=str(log), **changes))
        return out, result, len(lines(log))

    def test_right_products_are_used(self):
        own, result, calls = self.calls("own", SATEEN_GEMM="own", SHIM_GEMM="right")
        self.assert_code(result, 0)
        self.assertEqual(calls, 0)
        for name, changes in (("auto", {}), ("forced", {"SATEEN_GEMM": "clblast"})):
            out, result, calls = self.calls(name, SHIM_GEMM="right", **changes)
            self.assert_code(result, 0)
            # 8 steps with five products each, beside those of the check.
            self.assertGreater(calls, 40)
            self.assertNotIn("CLBlast", result.stderr)
            self.assertNotEqual((out / "last.sateen").read_bytes(), (own / "last.sateen").read_bytes())

    def test_wrong_products_are_refused(self):
        own, result, _ = self.calls("reference", SATEEN_GEMM="own")
        self.assert_code(result, 0)
        for how in ("scaled", "last", "fails"):
            with self.subTest(how):
                out, result, calls = self.calls(f"auto-{how}", SHIM_GEMM=how)
                self.assert_code(result, 0)
                self.assertGreater(calls, 0)
                self.assertIn("CLBlast is not used", result.stderr)
                self.assertEqual((out / "last.sateen").read_bytes(), (own / "last.sateen").read_bytes())
                out, result, _ = self.calls(f"forced-{how}", SHIM_GEMM=how, SATEEN_GEMM="clblast")
                self.assert_refused(result, 4, "CLBlast", "SATEEN_GEMM=own")
                self.assertFalse((out / "last.sateen").exists())

    def test_a_cpu_device_uses_its_own(self):
        log = self.folder / "cpu-log"
        _, result = self.train_opencl("cpu-device", "--device-option", "kernels=cpu",
                                      env=self.environment("wrong_gemm", SHIM_LOG=str(log), SHIM_GEMM="scaled"))
        self.assert_code(result, 0)
        self.assertEqual(lines(log), [])

    def test_a_wrong_word(self):
        _, result = self.train_opencl("word", env=self.environment(SATEEN_GEMM="fast"))
        self.assert_refused(result, 2, "SATEEN_GEMM", "auto, own or clblast")


class Errors(OpenCLTest):
    def test_a_kernel_that_fails_is_named(self):
        for kernel in (1, 7, 200):
            out, result = self.train_opencl(f"fail-{kernel}", env=self.environment("faulty_driver",
                                                                                   SHIM_FAIL_KERNEL=str(kernel)))
            self.assert_refused(result, 4, "CL_OUT_OF_RESOURCES", "failed on the device")
            self.assertFalse((out / "last.sateen").exists())
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

"""The tuner behind sateen-train: what it decides is kept, whatever happens to it, and a wrong variant never wins."""

import json
import re
import signal
import subprocess

from harness import command, run
from opencl import SHIMS, OpenCLTest, lines

HEADER = 32  # of a cache entry: magic, length of the key, length of the text, hash


class Tuning(OpenCLTest):
    """The GEMM library is a variant where kernels=gpu makes a GPU of the device; here it fails, at once or slowly."""

    ARGUMENTS = ("--backend", "opencl", "--device-option", "kernels=gpu", "--device-option", "variant=plain", "--model", "plain",
                 "--epochs")

    def tune(self, name, *arguments, epochs=1, shim="wrong_gemm", gemm="fails", cache=None, **changes):
        """The folder, the result, and what the library was asked for."""
        log = self.new_folder("log") / "log"
        changes = {"SATEEN_TUNE": None, "SHIM_GEMM": gemm, "SHIM_LOG": str(log), **changes}
        if cache:
            changes["SATEEN_CACHE_DIR"] = str(cache)
        out, result = self.train(name, *self.ARGUMENTS, epochs, *arguments, env=self.environment(shim, **changes))
        return out, result, lines(log)

    @staticmethod
    def record(cache):
        """The lines of the one record in this cache: key, variant, whether it was measured, what was tried."""
        entry, = (cache / "opencl").glob("*.tuning")
        data = entry.read_bytes()
        key, text = (int.from_bytes(data[at:at + 8], "little") for at in (8, 16))
        assert len(data) == HEADER + key + text
        return [line.split("\t") for line in data[HEADER + key:].decode("ascii").splitlines()]

    def choices(self, out):
        shown = json.loads(run("sateen-info", out / "last.sateen", "--json").stdout)
        choices = shown["training"]["choices"]
        self.assertEqual(choices.pop("kernels"), "gpu")
        return choices

    def assert_as_recorded(self, out, cache):
        choices = self.choices(out)
        recorded = {key: variant for key, variant, *_ in self.record(cache)}
        self.assertLessEqual(recorded.items(), choices.items())
        # The others have no other way than the one that is asked for.
        self.assertLessEqual({choices[key] for key in choices.keys() - recorded.keys()}, {"plain"})

    def test_a_wrong_variant_never_wins_and_stays_refused(self):
        cache = self.new_folder("cache")
        out, result, calls = self.tune("refused", cache=cache)
        self.assert_code(result, 0)
        self.assertIn("CLBlast is not used", result.stderr)
        self.assertRegex(result.stderr, r"(?m)^opencl: tuning dense1.forward: 1 of 6$")
        self.assertRegex(result.stderr, r"(?m)^opencl: tuned 6 of 6 operations in ")
        self.assertNotEqual(calls, [])
        self.assert_as_recorded(out, cache)
        for key, variant, how, *tried in self.record(cache):
            self.assertIn("clblast refused", tried, key)
            self.assertNotEqual(variant, "clblast")
            self.assertEqual(how, "measured")
        text = run("sateen-info", out / "last.sateen").stdout
        self.assertRegex(text, r"(?m)^  kernels +15 choices among variants \(--json has them\)$")

        again, result, calls = self.tune("refused-again", cache=cache)
        self.assert_code(result, 0)
        self.assertEqual(calls, [])
        self.assertNotIn("opencl:", re.sub(r"opencl:\d", "", result.stderr))
        self.assertEqual((again / "last.sateen").read_bytes(), (out / "last.sateen").read_bytes())

        # Predictions read the record; a device that is told to know nothing takes no notice of it.
        for tune, library in (("0", False), ("off", True)):
            with self.subTest(tune):
                _, result, calls = self.tune(f"told-{tune}", cache=cache, SATEEN_TUNE=tune)
                self.assert_code(result, 0)
                self.assertNotIn("tuning", result.stderr)
                self.assertEqual(bool(calls), library)

    def test_time_that_is_spent_is_recorded(self):
        cache = self.new_folder("cache")
        out, result, _ = self.tune("spent", "--tune-seconds", 1, gemm="slow", cache=cache)
        self.assert_code(result, 0)
        self.assertIn("there was no time for the others", result.stderr)
        kinds = [how for _, _, how, *_ in self.record(cache)]
        self.assertEqual(len(kinds), 6)
        self.assertIn("unmeasured", kinds)
        again, result, calls = self.tune("spent-again", gemm="slow", cache=cache)
        self.assert_code(result, 0)
        self.assertEqual(calls, [])
        self.assertNotIn("tuning", result.stderr)
        self.assertEqual((again / "last.sateen").read_bytes(), (out / "last.sateen").read_bytes())
        # Asked to, it measures again.
        _, result, _ = self.tune("spent-retune", "--device-option", "retune=1", cache=cache)
        self.assert_code(result, 0)
        self.assertEqual({how for _, _, how, *_ in self.record(cache)}, {"measured"})

    def test_a_tuner_that_is_killed_leaves_a_whole_record(self):
        cache, log = self.new_folder("cache"), self.new_folder("log") / "log"
        env = self.environment("wrong_gemm", SATEEN_TUNE=None, SHIM_GEMM="slow", SHIM_LOG=str(log),
                               SATEEN_CACHE_DIR=str(cache))
        process = subprocess.Popen(
            command("sateen-train", "--data", self.data, "--out", self.folder / "killed", *self.ARGUMENTS, 1),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
        for line in process.stderr:
            if ": 3 of 6" in line:
                process.send_signal(signal.SIGKILL)
                break
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertEqual(len(self.record(cache)), 2)
        out, result, _ = self.tune("killed-after", cache=cache)
        self.assert_code(result, 0)
        self.assertRegex(result.stderr, r"(?m)^opencl: tuned 4 of 4 operations in ")
        self.assertNotIn("damaged", result.stderr)
        self.assertEqual(len(self.record(cache)), 6)
        self.assert_as_recorded(out, cache)

    def test_resuming_pins_what_was_chosen(self):
        whole, result, _ = self.tune("whole", epochs=2, cache=self.new_folder("cache"))
        self.assert_code(result, 0)
        out, result, _ = self.tune("parts", epochs=1, cache=self.new_folder("cache"))
        self.assert_code(result, 0)
        # Nothing is known here, so that it would be measured again, or the library taken.
        for tune in ("off", None):
            with self.subTest(tune):
                _, result, calls = self.tune("parts", "--resume", epochs=2, cache=self.new_folder("cache"),
                                             SATEEN_TUNE=tune)
                self.assert_code(result, 0)
                self.assertEqual(calls, [])
                self.assertNotIn("tuning", result.stderr)
                self.assertNotIn("chosen as before", result.stderr)
                self.assertEqual((out / "last.sateen").read_bytes(), (whole / "last.sateen").read_bytes())

    def test_what_could_not_be_tried_is_tried_again(self):
        # Each run has both shims: the library fails at once, and one call of the run of the safe variant.
        def tune(name, fault, cache, **changes):
            return self.tune(name, cache=cache, SHIM_OPENCL=fault,
                             LD_PRELOAD=f"{SHIMS / 'faulty_opencl.so'}:{SHIMS / 'wrong_gemm.so'}", **changes)
        _, result, trace = tune("calls", "count", self.new_folder("cache"), SHIM_TRACE="1")
        self.assert_code(result, 0)
        names = [line.split()[2] for line in trace if line.startswith("call ")]
        kernel = names.index("clEnqueueNDRangeKernel")  # the first of all
        upload = len(names[:kernel]) - names[:kernel][::-1].index("clEnqueueWriteBuffer") - 1
        touch = len(names[:upload]) - names[:upload][::-1].index("clEnqueueReadBuffer") - 1
        wait = names.index("clFinish", kernel)
        cache = None
        for at, code, lost in ((touch, "CL_OUT_OF_RESOURCES", False), (upload, "CL_OUT_OF_RESOURCES", False),
                               (kernel, "CL_OUT_OF_RESOURCES", False), (wait, "CL_OUT_OF_RESOURCES", True),
                               (wait, "CL_MEM_OBJECT_ALLOCATION_FAILURE", False)):
            with self.subTest(call=names[at], code=code):
                cache = self.new_folder("cache")
                out, result, _ = tune(f"fails-{at}-{code}", f"fail:{names[at]}.{names[:at + 1].count(names[at])}:{code}", cache)
                if lost:
                    self.assert_refused(result, 4, code)
                    self.assertEqual(list((cache / "opencl").glob("*.tuning")), [])
                    continue
                self.assert_code(result, 0)
                self.assertRegex(result.stderr, rf"(?m)^opencl: dense1.forward is not tuned: .*{code if at != touch else ''}")
                self.assertRegex(result.stderr, r"(?m)^opencl: tuned 5 of 6 operations in [\d.]+ s; 1 could not be tried this time$")
                self.assertEqual(len(self.record(cache)), 5)
                self.assertEqual(set(self.choices(out).values()), {"plain"})
        _, result, _ = self.tune("tried-again", cache=cache)
        self.assert_code(result, 0)
        self.assertRegex(result.stderr, r"(?m)^opencl: tuned 1 of 1 operations in [\d.]+ s$")
        self.assertEqual(len(self.record(cache)), 6)

    def test_other_kernels_are_told_of(self):
        out, result = self.train("cpu8", "--backend", "opencl", "--device-option", "kernels=cpu8", "--epochs", 1,
                                 env=self.environment())
        self.assert_code(result, 0)
        for kernels, epochs, told in (("cpu8", 2, False), ("cpu16", 3, True)):
            result = run("sateen-train", "--data", self.data, "--resume", out, "--epochs", epochs, "--backend", "opencl",
                         "--device-option", f"kernels={kernels}", env=self.environment())
            self.assert_code(result, 0)
            words = "not all kernels can be chosen as before (cpu8 for kernels)"
            self.assertEqual(words in result.stderr, told, result.stderr)

    def test_a_damaged_record_is_made_anew(self):
        cache = self.new_folder("cache")
        out, _, _ = self.tune("before-damage", cache=cache)
        entry, = (cache / "opencl").glob("*.tuning")
        data = bytearray(entry.read_bytes())
        data[-3] ^= 1
        entry.write_bytes(data)
        _, result, _ = self.tune("after-damage", cache=cache)
        self.assert_code(result, 0)
        self.assertEqual(len(re.findall("is damaged or not this user's", result.stderr)), 1, result.stderr)
        self.assert_as_recorded(out, cache)

    def test_without_a_cache_nothing_is_tuned(self):
        for changes in ({"SATEEN_CACHE_DISABLE": "1"}, {"SATEEN_GEMM": "own"}):
            with self.subTest(**changes):
                _, result, _ = self.tune(f"none-{len(changes)}-{list(changes)[0]}", **changes)
                self.assert_code(result, 0)
                self.assertNotIn("tuning", result.stderr)
                self.assertEqual("nothing is tuned without a cache folder" in result.stderr, "SATEEN_GEMM" not in changes)
        result = run("sateen-bench", "tune", "--backend", "opencl", "--seconds", "1", env=self.environment(SATEEN_CACHE_DISABLE="1"))
        self.assert_refused(result, 4, "nothing was measured", "SATEEN_CACHE_DIR")

    def test_words(self):
        out = self.folder / "words"
        for arguments, words in ((("--no-tune", "--tune-seconds", 3), ("exclude each other",)),
                                 (("--no-tune", "--device-option", "tune=3"), ("--no-tune", "exclude each other")),
                                 (("--tune-seconds", "x"), ("--tune-seconds",)),
                                 (("--device-option", "tune=x"), ("tune=x", "off, or seconds"))):
            with self.subTest(arguments):
                result = run("sateen-train", "--data", self.data, "--out", out, "--backend", "opencl", *arguments,
                             env=self.environment())
                self.assert_refused(result, 2, *words)

"""sateen-bench: its JSON, its text, turns by a pipe, and what it refuses. Whether the figures are good is no test's business."""

import json
import re
import statistics
import subprocess
import unittest

from harness import ProgramTest, command, driver_environment, environment, missing_device, run

# A repeat of one pass over four small batches.
QUICK = ("--batch-size", "8", "--images", "32", "--seconds", "0.001", "--repeats", "3")
ALWAYS = {"schema", "version", "mode", "model", "batch_size", "images", "backend", "device", "device_name", "driver",
          "device_options", "images_per_second", "runs", "flops_per_image", "achieved_gflops", "open_seconds",
          "first_step_seconds", "memory_peak_rss_bytes", "memory_buffer_bytes", "fallback_ops"}
FULL = {"peak_gflops", "peak_gbytes_per_second", "profiled_step_ms", "operations"}
COUNTS = {"programs_built", "programs_loaded"}


class Bench(ProgramTest):
    def bench(self, *arguments, **options):
        result = run("sateen-bench", *arguments, **options)
        self.assert_code(result, 0)
        return result

    def check_json(self, text, mode, backend, brief=False):
        found = json.loads(text)
        self.assertEqual(found.keys() - COUNTS, ALWAYS | (set() if brief else FULL))
        self.assertEqual((found["schema"], found["mode"], found["backend"], found["batch_size"], found["images"]),
                         ("sateen.bench/1", mode, backend, 8, 32))
        self.assertAlmostEqual(found["images_per_second"], statistics.median(found["runs"]))
        self.assertGreater(min(found["runs"]), 0)
        self.assertEqual(found["flops_per_image"], {"infer": 15429120, "train": 45835776}[mode])
        self.assertAlmostEqual(found["achieved_gflops"],
                               found["images_per_second"] * found["flops_per_image"] / 1e9, places=6)
        self.assertGreater(found["memory_peak_rss_bytes"], found["memory_buffer_bytes"])
        if not brief:
            self.assertGreater(found["peak_gflops"], 0)
            self.assertGreater(found["peak_gbytes_per_second"], 0)
            self.assertTrue(all(set(each) == {"name", "ms", "gflops"} for each in found["operations"]))
            times = {each["name"].split(" + ")[0]: each["gflops"] for each in found["operations"]}
            self.assertGreater(times["conv3.forward"], 0)
            self.assertGreaterEqual(found["profiled_step_ms"], 0)
        return found

    def test_train_as_json(self):
        result = self.bench("train", *QUICK, "--model", "dropout", "--json", "--device-option", "threads=1")
        found = self.check_json(result.stdout, "train", "cpu")
        self.assertEqual((len(found["runs"]), found["model"], found["device_options"]), (3, "dropout", ["threads=1"]))
        self.assertIn("conv1.backward_weights", [each["name"] for each in found["operations"]])
        self.assertRegex(result.stderr, r"^device    cpu, [^\n]*\n$")

    def test_infer_as_json(self):
        found = self.check_json(self.bench("infer", *QUICK, "--json", "--brief").stdout, "infer", "cpu", brief=True)
        self.assertEqual(found["model"], "plain")

    def test_text(self):
        for mode in ("train", "infer"):
            lines = self.bench(mode, *QUICK).stdout.splitlines()
            self.assertEqual([line[:10].rstrip() for line in lines[:7]],
                             ["model", "start", mode, "compute", "peak", "memory", "profile"])
            self.assertRegex(lines[2], r"images/s, the median of 3 \([0-9,]+ to [0-9,]+\); [0-9.]+ ms a batch$")
            self.assertRegex(lines[3], r"GFLOP/s, [0-9.]+ % of the device's peak$")
            self.assertRegex(lines[4], r"^peak +[0-9.]+ GFLOP/s, memory copies [0-9.]+ GB/s$")
            self.assertEqual(lines[7].split(), ["ms", "a", "step", "share", "GFLOP/s", "operation"])
            conv = next(line for line in lines if "conv2.forward" in line)
            self.assertRegex(conv, r"^ +[0-9.]+ +[0-9.]+ % +[0-9.]+  conv2.forward")
            self.assertIn("host overhead", lines[-1])
            self.assertLessEqual(max(len(line) for line in lines), 80)

    def test_opencl(self):
        missing = missing_device("opencl")
        if missing:
            self.skipTest(missing)
        result = self.bench("train", *QUICK, "--backend", "opencl", "--json", env=driver_environment())
        found = self.check_json(result.stdout, "train", "opencl")
        self.assertGreater(found["programs_built"] + found["programs_loaded"], 0)

    def test_turns(self):
        with subprocess.Popen(command("sateen-bench", "infer", "--batch-size", "8", "--images", "32", "--seconds", "0.001",
                                      "--turns", "--brief", "--json"),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              env=environment()) as process:
            self.addCleanup(process.kill)
            self.assertEqual(process.stdout.readline(), "ready\n")
            turns = []
            for _ in range(2):
                process.stdin.write("turn\n")
                process.stdin.flush()
                turns.append(float(process.stdout.readline()))
            rest, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.check_json(rest, "infer", "cpu", brief=True)["runs"], turns)

    def test_no_turn(self):
        result = self.bench("infer", "--batch-size", "8", "--images", "32", "--turns", "--brief")
        self.assertTrue(result.stdout.startswith("ready\nmodel "))
        self.assertNotIn("images/s", result.stdout)

    def test_refused(self):
        for arguments, code, fragment in (
                ((), 2, "give train, infer or tune"),
                (("tarin",), 2, '"tarin" is not train, infer or tune'),
                (("tune", "--brief"), 2, "tune has no use for --brief"),
                (("tune", "--device-option", "tune=off"), 2, "tune goes by --seconds"),
                (("tune", "--device-option", "variant=direct"), 2, "leaves nothing to choose from"),
                (("tune", "--seconds", "0.5"), 2, "is not a whole number from 1"),
                (("train", "infer"), 2, 'unexpected argument "infer"'),
                (("train", "--model", "large"), 2, '--model: "large" is not dropout, plain or deep'),
                (("train", "--batch-size", "0"), 2, "--batch-size"),
                (("infer", "--images", "2000000"), 2, "--images"),
                (("train", "--batch-size", "64", "--images", "32"), 2, "batch"),
                (("train", "--repeats", "0"), 2, "--repeats"),
                (("train", "--seconds", "nan"), 2, "--seconds"),
                (("train", "--turns", "--repeats", "3"), 2, "leave --repeats out"),
                (("train", "--backend", "none"), 4, "none"),
                (("train", "--device-option", "threads=0"), 2, "threads")):
            with self.subTest(arguments):
                self.assert_refused(run("sateen-bench", *arguments), code, fragment)

    def test_help(self):
        page = self.bench("--help").stdout
        self.assertTrue(re.match(r"Usage: sateen-bench train\|infer\|tune \[options\]", page))
        self.assertIn("sateen.bench/1", page)


if __name__ == "__main__":
    unittest.main()

"""sateen-info, what it says of data, and how --device, SATEEN_BACKEND and SATEEN_DEVICE choose."""

import json
import re
import shutil
import unittest

from harness import LABELS, ProgramTest, environment, run


class Info(ProgramTest):
    def test_text_has_cpu(self):
        result = run("sateen-info", "--list-devices")
        self.assert_code(result, 0)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["device", "type", "memory", "name", "driver"])
        self.assertTrue(lines[1].startswith("cpu "), lines[1])

    def test_json_has_its_fields(self):
        result = run("sateen-info", "--list-devices", "--json")
        self.assert_code(result, 0)
        listed = json.loads(result.stdout)
        self.assertEqual(list(listed), ["devices", "unavailable"])
        cpu = [device for device in listed["devices"] if device["backend"] == "cpu"]
        self.assertEqual(len(cpu), 1)
        self.assertEqual(list(cpu[0]), ["backend", "id", "name", "vendor", "driver", "type", "memory_bytes"])
        self.assertEqual(cpu[0]["id"], "cpu")
        self.assertGreater(cpu[0]["memory_bytes"], 2**20)

    def test_a_plugin_that_does_not_load_is_listed(self):
        folder = self.folder / "plugins"
        folder.mkdir()
        (folder / "broken.so").write_text("no library")
        result = run("sateen-info", "--list-devices", "--json", env=environment(SATEEN_BACKEND_PATH=str(folder)))
        self.assert_code(result, 0)
        broken = [u for u in json.loads(result.stdout)["unavailable"] if u["name"] == "broken"]
        self.assertEqual(len(broken), 1)
        self.assertIn("broken.so", broken[0]["reason"])

    def test_nothing_asked(self):
        result = run("sateen-info")
        self.assert_code(result, 2)
        self.assertIn("--list-devices", result.stderr)


class Data(ProgramTest):
    def test_text(self):
        result = run("sateen-info", "data", "--data", self.data)
        self.assert_code(result, 0)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0], f"data      {self.data}")
        self.assertRegex(lines[1], r"^train     600 images of 28x28x1, pixels from 0 to 2\d\d, mean \d+\.\d$")
        self.assertRegex(lines[2], "^test      100 images of ")
        self.assertEqual(lines[4].split(), ["class", "train", "test"])
        self.assertEqual([re.split(r"\s{2,}", line) for line in lines[5:]],
                         [[f"{i} {label}", "60", "10"] for i, label in enumerate(LABELS)])

    def test_json(self):
        result = run("sateen-info", "data", "--json", env=environment(SATEEN_DATA=str(self.data)))
        self.assert_code(result, 0)
        shown = json.loads(result.stdout)
        self.assertEqual((shown["schema"], shown["data"], shown["shape"]), ("sateen.data/1", str(self.data), [28, 28, 1]))
        self.assertEqual((shown["train"]["images"], shown["test"]["images"], shown["test"]["lowest"]), (600, 100, 0))
        self.assertEqual([entry["label"] for entry in shown["classes"]], LABELS)
        self.assertEqual([entry["train"] for entry in shown["classes"]], [60] * 10)

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_pictures(self):
        folder = self.folder / "pictures"
        result = run("sateen-info", "data", "--data", self.data, "--plots-dir", folder)
        self.assert_code(result, 0)
        self.assertIn(f"{folder}: images, as PNG and SVG\n", result.stderr)
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["images.png", "images.svg"])
        drawn = (folder / "images.svg").read_text(encoding="utf-8")
        for label in LABELS:
            self.assertEqual(drawn.count(f">{label}<"), 4, label)

    def test_wrong_use(self):
        for arguments, code, words in ((["data", "x"], 2, "data takes no FILE"),
                                       (["data", "--backend", "cpu"], 2, "--backend is not for data"),
                                       (["data", "--allow-nonfinite"], 2, "--allow-nonfinite is not for data"),
                                       (["data", "--self-test"], 2, "one thing at a time"),
                                       (["--list-devices", "--data", "x"], 2, "--data is not for this, but for: sateen-info data"),
                                       (["verify", "--plots-dir", "x", "y"], 2, "--plots-dir is not for this"),
                                       (["data", "--data", self.folder], 3, "train-images-idx3-ubyte: not found")):
            self.assert_refused(run("sateen-info", *arguments), code, words)

    def test_no_gnuplot(self):
        result = run("sateen-info", "data", "--data", self.data, "--plots-dir", self.folder / "none",
                     env=environment(PATH="/nowhere"))
        self.assert_refused(result, 2, "--plots-dir: gnuplot isn't on PATH")


class Choice(ProgramTest):
    def train(self, *arguments, **variables):
        return run("sateen-train", "--overwrite", "--epochs", "1", "--data", self.data, "--out", self.folder / "out", *arguments,
                   env=environment(**variables))

    def test_option_before_variable(self):
        self.assert_code(self.train("--backend", "cpu", SATEEN_BACKEND="nothing"), 0)
        result = self.train(SATEEN_BACKEND="nothing")
        self.assert_code(result, 4)
        self.assertIn("'nothing'", result.stderr)

    def test_device_by_variable_and_by_name(self):
        self.assert_code(self.train(SATEEN_DEVICE="cpu"), 0)
        self.assert_code(self.train("--device", "auto"), 0)
        result = self.train("--device", "no such card")
        self.assert_code(result, 4)
        self.assertIn("'no such card'; there are: cpu", result.stderr)

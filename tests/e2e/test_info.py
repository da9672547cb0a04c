"""sateen-info, and how --device, SATEEN_BACKEND and SATEEN_DEVICE choose."""

import json

from harness import ProgramTest, environment, run


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

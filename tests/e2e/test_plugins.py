"""Plugins that are refused, as a user sees them: a line each that names the file, and the rest works."""

import json
import os
import pathlib
import re
import shutil
import tempfile

from harness import ProgramTest, environment, run

FIXTURES = pathlib.Path(os.environ["SATEEN_TEST_FIXTURES"])
REASONS = {
    "no_table": "it gives no table for version 1 of the contract; build it anew for that",
    "older_major": "it is made for version 0 of the contract, this library for 1; build the plugin anew",
    "newer_major": "it is made for version 2 of the contract, this library for 1; it needs a newer library",
    "short_table": "its table is too short: 64 bytes, where version 1 of the contract has 176",
    "empty_entry": "its table has empty entries: run, finish",
    "bad_name": "its name is not made of a-z, 0-9 and _, or it is auto",
    "throws": "its entry function threw an exception",
    "twin_of_cpu": "there is a backend 'cpu' already, the built-in one",
    "no_symbol": "it has no function sateen_backend_entry, so it is no backend",
    "needs_library": "a library that it needs is missing: libsateen_nowhere.so: cannot open shared object file",
    "needs_function": "it can't be loaded: undefined symbol: ",
    "needs_half": "a library that it needs does not fit: ",
}


class Plugins(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plugins = cls.folder / "plugins"
        cls.plugins.mkdir(mode=0o755)
        cls.reasons = dict(REASONS)
        for name in ("subset", *REASONS):
            shutil.copy(FIXTURES / f"{name}.so", cls.plugins)
        whole = (FIXTURES / "subset.so").read_bytes()
        cls.make("text", "it is no shared library", b"no library")
        cls.make("empty", "it is empty", b"")
        cls.make("cut", "it was cut short; copy or build it anew", whole[:len(whole) // 2])
        cls.make("open", "it is writable for everybody, so nothing is loaded from it; remove that right with chmod o-w", whole)
        (cls.plugins / "open.so").chmod(0o777)
        (cls.plugins / "folder.so").mkdir()
        (cls.plugins / "loop.so").symlink_to("loop.so")
        cls.reasons |= {"folder": "it is a folder", "loop": "Too many levels of symbolic links"}
        cls.environment = environment(SATEEN_BACKEND_PATH=str(cls.plugins))

    @classmethod
    def make(cls, name, reason, content):
        (cls.plugins / f"{name}.so").write_bytes(content)
        cls.reasons[name] = reason

    def test_each_has_a_line(self):
        result = run("sateen-info", "--list-devices", env=self.environment)
        self.assert_code(result, 0)
        for name, reason in self.reasons.items():
            lines = [line for line in result.stdout.splitlines() if line.startswith(f"backend {name} can't be used: ")]
            self.assertEqual(len(lines), 1, name)
            self.assertIn(f": {self.plugins / name}.so: {reason}", lines[0])
        for device in ("cpu", "subset"):
            self.assertRegex(result.stdout, rf"(?m)^{device} ")

    def test_json_has_them_too(self):
        listed = json.loads(run("sateen-info", "--list-devices", "--json", env=self.environment).stdout)
        told = {entry["name"]: entry["reason"] for entry in listed["unavailable"]}
        for name, reason in self.reasons.items():
            self.assertEqual(told[name].find(f"{self.plugins / name}.so: {reason}"), 0, told[name])
        self.assertLessEqual({"cpu", "subset"}, {device["backend"] for device in listed["devices"]})

    def test_the_rest_trains(self):
        for backend in ("cpu", "subset"):
            out, result = self.train(backend, "--backend", backend, "--epochs", "1", "--batch-size", "100", env=self.environment)
            self.assert_code(result, 0)
            self.assertTrue((out / "best.sateen").is_file())

    def test_one_that_is_asked_for_is_an_error(self):
        for name, reason in self.reasons.items():
            words = re.escape(f"{self.plugins / name}.so: {reason}")
            _, result = self.train("none", "--backend", name, env=self.environment)
            self.assert_refused(result, 4)
            self.assertRegex(result.stderr, words)
            if name != "folder":  # to look in
                result = run("sateen-info", "--list-devices", "--backend-path", self.plugins / f"{name}.so")
                self.assert_refused(result, 4)
                self.assertRegex(result.stderr, words)

    def test_a_folder_that_everybody_may_write_to(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(FIXTURES / "subset.so", folder)
            os.chmod(folder, 0o777)
            result = run("sateen-info", "--list-devices", env=environment(SATEEN_BACKEND_PATH=folder))
            self.assert_code(result, 0)
            self.assertIn(f"{folder} is writable for everybody", result.stdout)
            self.assertNotIn("subset", result.stdout)
            result = run("sateen-info", "--list-devices", "--backend-path", f"{folder}/subset.so")
            self.assert_refused(result, 4, f"{folder}/subset.so: its folder, {folder}, is writable for everybody")

"""What the tests of the package share: commands that must succeed, and the examples built against what is installed."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SATEEN_SOURCE"])
BUILD = pathlib.Path(os.environ["SATEEN_BUILD"])
CMAKE = os.environ["SATEEN_CMAKE"]
# Only what the tests set; nothing that would lead a program to the build tree.
CLEAN = {key: value for key, value in os.environ.items()
         if not key.startswith(("SATEEN_", "LD_", "PKG_CONFIG", "CMAKE_")) or key == "SATEEN_CACHE_DIR"}


def run(*command, env=None, code=0, **options):
    """Its standard output, after it ended with this code. env: what is set besides; None: not set."""
    variables = {key: value for key, value in {**CLEAN, **(env or {})}.items() if value is not None}
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=900, env=variables, check=False, **options)
    if result.returncode != code:
        raise AssertionError(f"{' '.join(map(str, command))}: code {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sateen-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def build_by_cmake(self, prefix, example, made):
        """What an example makes, built in a copy of its folder as its README says."""
        copy = self.folder / example
        shutil.copytree(SOURCE / "examples" / example, copy)
        run(CMAKE, "-G", "Ninja", "-B", copy / "build", "-S", copy, f"-DCMAKE_PREFIX_PATH={prefix}")
        found = (copy / "build/CMakeCache.txt").read_text()
        self.assertIn(f"Sateen_DIR:PATH={prefix}/", found)
        run(CMAKE, "--build", copy / "build")
        return copy / "build" / made

    def assert_trains(self, prefix, env=None):
        """The program and the plugin of the examples, on cpu, on OpenCL and on the plugin; and an error of the library's is
        caught in the program. The plugin passes the conformance tests with its list."""
        program = self.build_by_cmake(prefix, "embed", "sateen-embed")
        plugin = self.build_by_cmake(prefix, "plugin", "sateen_plain.so")
        env = {**(env or {}), "SATEEN_BACKEND_PATH": str(plugin)}
        for backend in ("cpu", "opencl", "plain"):
            said = run(program, backend, env=env).splitlines()
            self.assertEqual(len(said), 6, said)
            self.assertGreaterEqual(float(said[4].split()[-1]), 0.95)
            left, right = (float(word.strip(",")) for word in said[5].split()[1::2])
            self.assertGreater(min(left, right), 0.5)
        run(program, "none", env=env, code=1)
        said = run(prefix / "bin/sateen-conformance", "--backend", plugin, "--unsupported",
                   plugin.parents[1] / "unsupported.txt", env=env)
        self.assertRegex(said, r"(?m)^dense_forward +\d+ passed$")
        self.assertRegex(said, r"(?m)^passed: [\d,]+ tests, [\d,]+ passed, \d+ unsupported")

    def assert_lists_opencl(self, program, env=None):
        listed = json.loads(run(program, "--list-devices", "--json", env=env))
        self.assertIn("opencl", {device["backend"] for device in listed["devices"]}, listed)
        self.assertEqual(listed["unavailable"], [])

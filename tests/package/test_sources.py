"""A project that takes the sources in by FetchContent gets the library and the backends, and nothing else."""

import json
import re
import unittest

from package import CMAKE, SOURCE, PackageTest, run

LIBRARY = {"sateen", "sateen_objects", "sateen_backend_sdk", "sateen_backend_cpu"}
OPENCL = {"sateen_backend_opencl", "sateen_opencl_kernels"}


class Sources(PackageTest):
    def test_the_library_and_the_backends_alone(self):
        build = self.folder / "build"
        said = run(CMAKE, "-G", "Ninja", "-S", SOURCE / "tests/package/consumer", "-B", build, f"-DSATEEN_SOURCE={SOURCE}")
        self.assertEqual(set(re.findall(r"^-- target (.*)$", said, re.MULTILINE)),
                         {"consumer", "backend"} | LIBRARY | OPENCL)
        # What it can set has our name on it, but for what CMake's own modules make.
        options = set(re.findall(r"^-- option (.*)$", said, re.MULTILINE))
        foreign = {name for name in options if not name.startswith(("SATEEN_", "CMAKE_", "FETCHCONTENT_", "PKG_CONFIG_"))}
        self.assertEqual(foreign, set())

        commands = {entry["file"].removeprefix(f"{SOURCE}/"): entry["command"].split()
                    for entry in json.loads((build / "compile_commands.json").read_text())}
        # Ours are compiled in our way, without warnings being errors; the consumer's are compiled in its own.
        self.assertIn("-fvisibility=hidden", commands["core/src/runtime/registry.cpp"])
        self.assertFalse([file for file, words in commands.items() if "-Werror" in words])
        for name in ("main.cpp", "backend.cpp"):
            own = [word for word in commands[f"tests/package/consumer/{name}"]
                   if word.startswith(("-W", "-f", "-O", "-D", "-std"))]
            self.assertEqual(set(own) - {"-fPIC", "-Dbackend_EXPORTS"}, {"-std=gnu++20"})

        self.assertNotIn("Test #", run("ctest", "-N", "--test-dir", build))
        run(CMAKE, "--install", build, "--prefix", self.folder / "prefix")
        self.assertFalse((self.folder / "prefix").exists())


if __name__ == "__main__":
    unittest.main()

"""docs/extending.md, followed in a copy of the tree. Counted: how many files its checklists touch, and that these compile. Built:
the new operation, layer and backend, tested in the copy."""

import concurrent.futures
import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

import page

CC = os.environ.get("CC", "cc")
CXX = os.environ.get("CXX", "c++")
CMAKE = os.environ.get("SATEEN_CMAKE", "cmake")
OPENCL = os.environ.get("SATEEN_TEST_OPENCL", "0") != "0"
# What the library, its backends and their tests are made from.
PARTS = ("CMakeLists.txt", "apps", "backends", "cmake", "core", "docs", "kernels", "scripts", "tests")
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wsign-conversion", "-Werror")


def files(root):
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).digest()
            for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", errors="replace", check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-6000:]}")
    return done.stdout


class Copy(unittest.TestCase):
    """A copy of the tree to which the page's checklists were applied, and the files that each of them touched."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="sateen-extending-")
        cls.addClassCleanup(folder.cleanup)
        cls.tree = pathlib.Path(folder.name, "sateen")
        cls.build = pathlib.Path(folder.name, "build")
        cls.tree.mkdir()
        for part in PARTS:
            source = page.ROOT / part
            if source.is_dir():
                shutil.copytree(source, cls.tree / part, ignore=shutil.ignore_patterns("__pycache__", "build"))
            else:
                shutil.copy2(source, cls.tree / part)
        cls.lists = page.read(page.PAGE.read_text(encoding="utf-8"))
        cls.touched = {}
        for title, edits in cls.lists.items():
            before = files(cls.tree)
            for edit in edits:
                page.apply(edit, cls.tree)
            after = files(cls.tree)
            cls.touched[title] = {path for path in after if after[path] != before.get(path)}


class Counted(Copy):
    def test_checklists(self):
        self.assertEqual(list(self.lists), ["A layer", "An operation", "A backend"])
        for title, edits in self.lists.items():
            self.assertEqual({edit.path for edit in edits}, self.touched[title], title)

    def test_layer(self):
        self.assertLessEqual(len(self.touched["A layer"]), 5)

    def test_operation(self):
        self.assertLessEqual(len(self.touched["An operation"]), 8)

    def test_backend(self):
        self.assertEqual({pathlib.Path(path).parts[:2] for path in self.touched["A backend"]}, {("backends", "loops")})

    def test_format(self):
        tool = shutil.which("clang-format-14")
        if tool is None:
            self.skipTest("clang-format-14 is not installed")
        shutil.copy2(page.ROOT / ".clang-format", self.tree)
        new = [edit.path for edits in self.lists.values() for edit in edits if not edit.how and edit.path.endswith((".cpp", ".cl"))]
        run(tool, "--dry-run", "-Werror", *new, cwd=self.tree)

    def test_compiles(self):
        """The new files, and those that the lists of operations go through."""
        core, sdk = ("-Icore/include", "-Icore/src"), ("-Icore/include", "-Ibackends/sdk/include")
        suite = ("-Icore/include", "-Itests/oracle", "-DBOOST_TEST_DYN_LINK", "-DBOOST_TEST_NO_MAIN")
        checks = {"backends/cpu/ops/scale.cpp": ("-Ibackends/cpu", *sdk), "backends/loops/loops.cpp": sdk,
                  "tests/oracle/scale.cpp": ("-Itests/oracle",), "tests/conformance/cases_scale.cpp": suite,
                  "core/src/graph/attributes.cpp": core, "core/src/layers/relu.cpp": core, "core/src/layers/layer.cpp": core,
                  "tests/unit/test_relu.cpp": core, "tests/contract/op_list.cpp": core}
        if OPENCL:
            checks["backends/opencl/ops/scale.cpp"] = ("-Ibackends/opencl", *sdk)
        commands = [(CXX, "-std=c++20", "-fsyntax-only", *WARNINGS, *options, path) for path, options in checks.items()]
        commands.append((CC, "-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "core/include/sateen/backend.h"))
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(lambda command: run(*command, cwd=self.tree), commands))


class Built(Copy):
    """The copy is built: minutes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = cls.build / "bin"
        run(CMAKE, "-S", cls.tree, "-B", cls.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DSATEEN_INSTALL=OFF",
            "-DSATEEN_BUILD_EXAMPLES=OFF", f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_C_COMPILER={CC}",
            "-DSATEEN_TEST_OPTIONS=-O0", *shlex.split(os.environ.get("SATEEN_TEST_CMAKE_OPTIONS", "")))
        targets = ["sateen", "sateen-contract-test", "sateen-oracle-tests", "sateen-conformance", "sateen_backend_loops"]
        if OPENCL:
            targets.append("sateen_backend_opencl")
        run(CMAKE, "--build", cls.build, "--parallel", os.cpu_count(), "--target", *targets)

    def conformance(self, *options):
        run(self.programs / "sateen-conformance", *options)

    def test_contract_and_oracle(self):
        run(self.programs / "sateen-contract-test")
        run(self.programs / "sateen-oracle-tests")
        record = self.tree / "scripts/record-contract"
        if record.exists() and shutil.which("abidw"):
            run(record)
            run("python3", "-B", self.tree / "tests/contract/abi.py", "check")

    def test_operation(self):
        for backend in ("cpu", "opencl") if OPENCL else ("cpu",):
            self.conformance("--backend", backend, "--filter", "scale", "--filter", "op_rules/scale", "--filter", "coverage")

    def test_layer(self):
        main = self.build / "main.cpp"
        main.write_text("#define BOOST_TEST_DYN_LINK\n#define BOOST_TEST_MODULE relu\n#include <boost/test/unit_test.hpp>\n",
                        encoding="utf-8")
        program = self.build / "test-relu"
        run(CXX, "-std=c++20", "-I", self.tree / "core/include", main, self.tree / "tests/unit/test_relu.cpp", "-o", program,
            "-L", self.build / "core", f"-Wl,-rpath,{self.build / 'core'}", "-lsateen", "-lboost_unit_test_framework")
        run(program)

    def test_backend(self):
        self.conformance("--backend", "loops", "--unsupported", self.tree / "backends/loops/unsupported.txt")


if __name__ == "__main__":
    unittest.main()

"""The tree is as docs/architecture.md says, and what would be wrong in one is found: small trees with a mistake each."""

import pathlib
import tempfile
import unittest

import tree

GOOD = {
    "CMakeLists.txt": "# All of it, here.\nproject(good VERSION 2.1.0)\n",
    "docs/libsateen2.overrides": "none",
    "docs/architecture.md": """# Architecture
| folder | holds |
|---|---|
| `core/include/sateen/` | headers |
| `core/src/base/` | this |
| `backends/cpu/`, `backends/sdk/` | backends |
| `apps/` | programs |
| `docs/`, `kernels/` | other |

## Long files

- `core/include/sateen/backend.h`: whole on purpose
""",
    "core/include/sateen/backend.h": "/** @file\n * The contract between these.\n */\n" + "\n" * 500,
    "core/include/sateen/shape.hpp": "// Shapes with checked sizes.\nnamespace SATEEN_PUBLIC sateen {\n",
    "core/src/base/shape.cpp": '// Shapes with checked sizes.\n#include "base/other.hpp"\n#include "sateen/shape.hpp"\n// On cpu.\n',
    "core/src/base/other.hpp": "// What they share here.\n",
    "backends/cpu/device.cpp": '// Devices of this kind.\n#include "sateen/backend.h"\n#include "sateen/sdk/a.hpp"\n"add.cl"\n',
    "backends/cpu/CMakeLists.txt": "# How it is built.\n",
    "backends/sdk/include/sateen/sdk/a.hpp": '// From class to table.\n#include "sateen/backend.h"\n',
    "kernels/add.cl": '// dst = a + b\n#include "four.clh"\n',
    "kernels/four.clh": "// Four values at once.\n",
    "apps/run": "#!/usr/bin/env bash\n# Runs what is there.\n",
    "apps/page.py": '"""A page of results."""\n',
}
WRONG = {
    "core includes a backend": ("core/src/base/shape.cpp", '// Shapes with sizes.\n#include "cpu/device.hpp"\n', 'includes "cpu/device.hpp"'),
    "core includes a backend by its path": ("core/src/base/shape.cpp", '// Shapes with sizes.\n#include "../../../backends/cpu/device.cpp"\n',
                                            "includes"),
    "core includes a driver": ("core/src/base/shape.cpp", "// Shapes with sizes.\n#include <CL/cl.h>\n", "what only a backend may"),
    "core names a backend": ("core/src/base/shape.cpp", '// Shapes with sizes.\nopen("cpu");\n', "shape.cpp:2: names the backend cpu"),
    "core calls a backend": ("core/src/base/shape.cpp", "// Shapes with sizes.\nsateen_cpu_entry();\n", "names the backend cpu"),
    "a public header includes what is private": ("core/include/sateen/shape.hpp", '// Shapes with sizes.\nnamespace SATEEN_PUBLIC sateen {\n'
                                                 '#include "base/other.hpp"\n', 'includes "base/other.hpp"'),
    "a public header shows nothing": ("core/include/sateen/shape.hpp", "// Shapes with sizes.\n", "SATEEN_PUBLIC"),
    "a backend includes core": ("backends/cpu/device.cpp", '// Devices here now.\n#include "sateen/shape.hpp"\n"add.cl"\n',
                                'includes "sateen/shape.hpp"'),
    "a backend includes another": ("backends/cpu/device.cpp", '// Devices here now.\n#include "../sdk/x.hpp"\n"add.cl"\n', "includes"),
    "a program includes what is private": ("apps/a.cpp", '// A program of ours.\n#include "base/other.hpp"\n', "includes"),
    "code without a purpose": ("kernels/four.clh", "float four;\n", "does not open with what it is for"),
    "a script without a purpose": ("apps/run", "#!/usr/bin/env bash\nset -e\n", "does not open with what it is for"),
    "CMake without a purpose": ("backends/cpu/CMakeLists.txt", "add_library(a)\n", "does not open with what it is for"),
    "Python without a purpose": ("apps/page.py", "import re\n", "does not open with what it is for"),
    "a long file": ("apps/page.py", '"""A page of results."""\n' + "\n" * 400, "401 lines; split it"),
    "a file that is long no more": ("core/include/sateen/backend.h", "/* The contract between these. */\n", "need not list it"),
    "a kernel that nobody uses": ("kernels/sum.cl", "// Sums of four values.\n", "kernels/sum.cl: nobody uses it"),
    "a folder that the page lacks": ("core/src/new/a.cpp", "// A new idea here.\n", "the folder core/src/new is missing"),
    "a top folder that the page lacks": ("tools/a.py", '"""A new idea here."""\n', "the folder tools is missing"),
    "a version in code": ("backends/cpu/device.cpp", '// Devices here now.\n"add.cl" version = "2.1.0";\n', "has the version"),
    "a version in CMake": ("backends/cpu/CMakeLists.txt", "# How it is built.\nset(version 2.1.0)\n", "has the version"),
    "a name of another version": ("docs/libsateen1.overrides", "none", "is named after version 1"),
    "no version": ("CMakeLists.txt", "# All of it, here.\n", "has no project"),
    "a folder that is gone": ("docs/architecture.md", GOOD["docs/architecture.md"].replace("| `apps/` |", "| `apps/` |\n| `gone/` |"),
                              "there is no folder gone"),
}


class Tree(unittest.TestCase):
    def test_ours(self):
        self.assertEqual(tree.findings(tree.ROOT), [])

    def findings(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return tree.findings(root)

    def test_a_good_one(self):
        self.assertEqual(self.findings(GOOD), [])
        # Not of the sources.
        self.assertEqual(self.findings({**GOOD, "build/a.cpp": "x", ".git/a.cpp": "x", "docs/a.svg": "\n" * 500}), [])

    def test_each_mistake_is_found(self):
        for what, (name, text, words) in WRONG.items():
            with self.subTest(what):
                found = self.findings({**GOOD, name: text})
                self.assertIn(words, "\n".join(found))
                # And nothing but that.
                self.assertEqual([line for line in found if name.rsplit("/", 1)[0] not in line and "gone" not in line], [])


if __name__ == "__main__":
    unittest.main()

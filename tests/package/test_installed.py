"""cmake --install into a clean prefix, which is then moved: nothing in it knows where it was made."""

import re
import subprocess
import unittest

from package import BUILD, CMAKE, SOURCE, PackageTest, run

VERSION = re.search(r"project\(sateen VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8"))[1]


class Installed(PackageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first = cls.folder / "first"
        run(CMAKE, "--install", BUILD, "--prefix", first)
        cls.prefix = cls.folder / "moved"
        first.rename(cls.prefix)
        cls.libraries = next(cls.prefix.glob("lib*/**/libsateen.so.*")).parent

    def test_examples_by_cmake(self):
        self.assert_trains(self.prefix)

    def test_embed_by_pkg_config(self):
        search = {"PKG_CONFIG_PATH": str(self.libraries / "pkgconfig")}
        flags = run("pkg-config", "--cflags", "--libs", "sateen", env=search).split()
        program = self.folder / "embed-by-pkg-config"
        run("c++", "-std=c++20", SOURCE / "examples/embed/embed.cpp", *flags, "-o", program)
        self.assertIn("left: ", run(program, env={"LD_LIBRARY_PATH": str(self.libraries)}))
        plugins = run("pkg-config", "--variable=plugindir", "sateen", env=search).strip()
        self.assertTrue(subprocess.check_output(["ls", plugins]))

    def test_programs_find_library_and_plugins(self):
        self.assert_lists_opencl(self.prefix / "bin/sateen-info")
        for name in ("train", "predict", "evaluate", "bench", "info", "conformance"):
            self.assertIn(VERSION, run(self.prefix / f"bin/sateen-{name}", "--version"))
            self.assertTrue((self.prefix / f"share/man/man1/sateen-{name}.1").is_file())

    def test_every_header_is_there_and_compiles_without_a_warning(self):
        headers = sorted(header.relative_to(SOURCE / folder) for folder in ("core/include", "backends/sdk/include")
                         for header in (SOURCE / folder).rglob("*.h*"))
        source = self.folder / "headers.cpp"
        source.write_text("".join(f'#include "{header}"\n' for header in headers))
        # Not -isystem, under which compilers keep warnings to themselves.
        run("c++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror",
            "-fvisibility=hidden", f"-I{self.prefix}/include", source)

    def test_the_library_is_versioned_and_shows_nothing_else(self):
        library = self.libraries / "libsateen.so.0"
        self.assertIn("Library soname: [libsateen.so.0]", run("readelf", "-d", library))
        shown = run("nm", "-D", "-C", "--defined-only", library)
        foreign = [line for line in shown.splitlines()
                   if not re.match(r"[0-9a-f]+ [A-Za-z] ((typeinfo|typeinfo name|vtable|VTT) for )?sateen::", line)]
        self.assertEqual(foreign, [])

    def test_nothing_names_the_folders_that_it_was_made_in(self):
        for path in sorted(self.prefix.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            held = path.read_bytes()
            for place in (SOURCE, BUILD, self.folder):
                self.assertNotIn(bytes(place), held, path)


if __name__ == "__main__":
    unittest.main()

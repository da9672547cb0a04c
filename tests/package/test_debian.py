"""Debian's packages: made by cpack, unpacked into a clean folder, used there, and looked at by lintian."""

import os
import shutil
import unittest

from package import BUILD, PackageTest, run

NAMES = {"libsateen0", "libsateen-dev", "sateen-tools", "sateen-backend-opencl"}


class Debian(PackageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made = cls.folder / "packages"
        run(os.environ["SATEEN_CPACK"], "--config", BUILD / "CPackConfig.cmake", "-B", made)
        cls.packages = {path.name.split("_")[0]: path for path in made.glob("*.deb")}
        cls.root = cls.folder / "root"
        for path in cls.packages.values():
            run("dpkg-deb", "-x", path, cls.root)
        cls.libraries = next(cls.root.glob("usr/lib/**/libsateen.so.0")).parent
        # What the loader does by itself where the packages are installed.
        cls.loader = {"LD_LIBRARY_PATH": str(cls.libraries)}

    def field(self, name, field):
        return run("dpkg-deb", "-f", self.packages[name], field).strip()

    def test_there_are_four_that_need_each_other(self):
        self.assertEqual(set(self.packages), NAMES)
        version = self.field("libsateen0", "Version")
        for name in NAMES - {"libsateen0"}:
            self.assertEqual(self.field(name, "Version"), version)
            self.assertIn(f"libsateen0 (= {version})", self.field(name, "Depends"))
        self.assertIn("libtbb12", self.field("libsateen0", "Depends"))
        self.assertIn("libclblast1", self.field("sateen-backend-opencl", "Depends"))
        self.assertIn("libboost-program-options", self.field("sateen-tools", "Depends"))
        self.assertIn("libboost-test", self.field("libsateen-dev", "Depends"))
        self.assertIn("opencl-icd", self.field("sateen-backend-opencl", "Recommends"))

    def test_examples(self):
        self.assert_trains(self.root / "usr", self.loader)

    def test_programs_find_plugins(self):
        self.assert_lists_opencl(self.root / "usr/bin/sateen-info", self.loader)

    @unittest.skipUnless(shutil.which("lintian"), "there is no lintian")
    def test_lintian(self):
        # Nothing but what packaging/debian overrides, with the reasons.
        self.assertEqual(run("lintian", "--no-cfg", *self.packages.values()), "")


if __name__ == "__main__":
    unittest.main()

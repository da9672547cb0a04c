"""Debian's packages installed by apt on a Debian that has nothing else: in a folder that debootstrap makes. Minutes, root's
rights and Debian's mirrors are needed."""

import os
import pathlib
import shutil
import unittest

from package import BUILD, SOURCE, PackageTest, run

# Where Debian comes from, if not from where debootstrap takes it by itself.
MIRROR = os.environ.get("SATEEN_DEBIAN_MIRROR", "")
# Folders of the kernel's, for as long as the command runs: PoCL looks at them.
IN_CHROOT = 'for d in proc sys dev; do mount --rbind /$d "$0/$d"; done; exec chroot "$0" /bin/sh -ec "$1"'


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("debootstrap"), "not root, or there is no debootstrap")
class Chroot(PackageTest):
    def inside(self, words):
        return run("unshare", "--mount", "sh", "-ec", IN_CHROOT, self.root, words,
                   env={"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", "HOME": "/root", "OCL_ICD_VENDORS": None,
                        "SATEEN_CACHE_DIR": "/var/cache/sateen"})

    def test_a_debian_with_nothing_else(self):
        self.root = self.folder / "debian"
        run("debootstrap", "--variant=minbase", "bookworm", self.root, *MIRROR.split())
        made = self.root / "packages"
        run(os.environ["SATEEN_CPACK"], "--config", BUILD / "CPackConfig.cmake", "-B", made)
        shutil.rmtree(made / "_CPack_Packages")
        shutil.copytree(SOURCE / "examples/embed", self.root / "embed")

        self.inside("apt-get install -y --no-install-recommends /packages/*.deb pocl-opencl-icd cmake g++ make pkg-config")
        self.assertIn("opencl:0:0", self.inside("sateen-info --list-devices"))
        self.assertIn("sateen-train", self.inside("zcat /usr/share/man/man1/sateen-train.1.gz"))
        self.inside("cd /embed && cmake -B build && cmake --build build")
        for backend in ("cpu", "opencl"):
            self.assertIn("left: ", self.inside(f"/embed/build/sateen-embed {backend}"))
        self.inside("g++ -std=c++20 /embed/embed.cpp $(pkg-config --cflags --libs sateen) -o /embed/by-pkg-config")
        self.assertIn("left: ", self.inside("/embed/by-pkg-config"))

        # Without the plugin there is cpu, and without all of them there is nothing left.
        self.inside("apt-get purge -y sateen-backend-opencl")
        self.assertNotIn("opencl", self.inside("sateen-info --list-devices"))
        self.inside("apt-get purge -y libsateen0")
        left = [path for path in pathlib.Path(self.root / "usr").rglob("*sateen*")]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()

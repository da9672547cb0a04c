"""Machines on which something of OpenCL is missing: cpu works all the same, and sateen-info says what to install.

Each test takes things away from its own view of the file system, in a mount namespace, which only root can make."""

import json
import os
import pathlib
import shlex
import subprocess
import unittest

from harness import ProgramTest, command, driver_environment, run


def reason_for_skipping():
    if os.geteuid() != 0:
        return "needs root, to mount things in a namespace of its own"
    tried = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True, text=True,
                           check=False)
    return tried.stderr.strip() if tried.returncode != 0 else None


def listed(env=None):
    return json.loads(run("sateen-info", "--list-devices", "--json", env=env or driver_environment()).stdout)


REASON = reason_for_skipping()
NO_PLUGIN = not any(b == "opencl" for kind in ("devices", "unavailable") for d in listed()[kind]
                    for b in (d.get("backend"), d.get("name")))


@unittest.skipIf(NO_PLUGIN, "the opencl backend was not built")
class Missing(ProgramTest):
    def inside(self, mounts, program, *arguments, **variables):
        """Runs a program where these shell commands have changed what is mounted."""
        line = f"set -e; {mounts}\nexec " + " ".join(shlex.quote(os.fsdecode(w)) for w in command(program, *arguments))
        return subprocess.run(["unshare", "-m", "sh", "-c", line], capture_output=True, text=True, timeout=240,
                              env=driver_environment(SATEEN_BACKEND=None, **variables), check=False)

    def unavailable(self, mounts="true", **variables):
        """Why there is no OpenCL, from sateen-info, which must go on well; text and JSON agree."""
        result = self.inside(mounts, "sateen-info", "--list-devices", "--json", **variables)
        self.assert_code(result, 0)
        answer = json.loads(result.stdout)
        self.assertEqual([d["id"] for d in answer["devices"]], ["cpu"])
        reasons = [u["reason"] for u in answer["unavailable"] if u["name"] == "opencl"]
        self.assertEqual(len(reasons), 1, answer)
        text = self.inside(mounts, "sateen-info", "--list-devices", **variables)
        self.assertIn(f"backend opencl can't be used: {reasons[0]}\n", text.stdout)
        return reasons[0]

    def check_programs(self, mounts, reason, **variables):
        """cpu trains; OpenCL asked for is an error that says the same."""
        where = ("--overwrite", "--epochs", "1", "--data", self.data, "--out", self.folder / "out")
        result = self.inside(mounts, "sateen-train", *where, **variables)
        self.assert_code(result, 0)
        self.assertRegex(result.stderr, r"(?m)^device    cpu, .* \(auto: the only one; sateen-info --list-devices says "
                                        r"what is missing\)$")
        for asked in (("--backend", "opencl"), ("--device", "opencl:0:0")):
            result = self.inside(mounts, "sateen-train", *where, *asked, **variables)
            self.assert_refused(result, 4, "opencl", reason)

    @unittest.skipIf(REASON, REASON)
    def test_no_loader(self):
        libraries = pathlib.Path("/usr/lib/x86_64-linux-gnu")
        if not (libraries / "libOpenCL.so.1").exists():
            self.skipTest("the loader is not in " + str(libraries))
        # All of the folder but the loader: links to the files in another place where the folder can still be seen.
        seen, without = self.folder / "seen", self.folder / "without"
        seen.mkdir()
        without.mkdir()
        mounts = (f"mount --bind {libraries} {seen}\n"
                  f"for f in {seen}/*; do case $f in */libOpenCL.*) ;; *) ln -sfn $f {without}/;; esac; done\n"
                  f"mount --bind {without} {libraries}")
        reason = self.unavailable(mounts)
        self.assertIn("a library that it needs is missing: libOpenCL.so.1: ", reason)
        self.assertIn("; install the OpenCL loader, CLBlast and a driver; ", reason)
        self.assertIn("apt install ocl-icd-libopencl1 libclblast1 pocl-opencl-icd", reason)
        self.check_programs(mounts, reason)

    @unittest.skipIf(REASON, REASON)
    def test_no_driver(self):
        empty = self.folder / "empty"
        empty.mkdir()
        mounts = f"mount --bind {empty} /etc/OpenCL/vendors"
        reason = self.unavailable(mounts)
        self.assertIn("no OpenCL driver is installed", reason)
        self.assertIn("apt install pocl-opencl-icd", reason)
        self.check_programs(mounts, reason)

    @unittest.skipIf(REASON, REASON)
    def test_a_driver_whose_library_is_missing(self):
        vendors = self.folder / "vendors"
        vendors.mkdir()
        (vendors / "gone.icd").write_text("libgone-opencl.so.1\n", encoding="ascii")
        mounts = f"mount --bind {vendors} /etc/OpenCL/vendors"
        reason = self.unavailable(mounts)
        self.assertIn("no OpenCL driver works; /etc/OpenCL/vendors/gone.icd names the driver libgone-opencl.so.1, "
                      "which can't be loaded: cannot open shared object file", reason)
        self.check_programs(mounts, reason)

    @unittest.skipIf(REASON, REASON)
    def test_a_card_without_a_driver(self):
        card = self.folder / "pci" / "0000:03:00.0"
        card.mkdir(parents=True)
        (card / "class").write_text("0x030000\n", encoding="ascii")
        (card / "vendor").write_text("0x1002\n", encoding="ascii")
        mounts = f"mount --bind {card.parent} /sys/bus/pci/devices"
        words = "opencl: an AMD graphics card is here (PCI 0000:03:00.0) and has no OpenCL driver; "
        result = self.inside(mounts, "sateen-info", "--list-devices", "--json")
        self.assert_code(result, 0)
        if not any(d["backend"] == "opencl" for d in json.loads(result.stdout)["devices"]):
            self.assertIn(words[8:], self.unavailable(mounts))
            return
        # OpenCL shows the CPU, so it is not unavailable, and the card is a warning.
        self.assertIn("sateen-info: warning: " + words, result.stderr)
        self.assertIn("apt install mesa-opencl-icd", result.stderr)
        out = self.folder / "card"
        result = self.inside(mounts, "sateen-train", "--epochs", "1", "--data", self.data, "--out", out)
        self.assert_code(result, 0)
        self.assertIn("sateen-train: warning: " + words, result.stderr)

    def test_drivers_elsewhere(self):
        result = run("sateen-info", "--list-devices", "--json", env=driver_environment(OCL_ICD_VENDORS="/nowhere"))
        reasons = [u["reason"] for u in json.loads(result.stdout)["unavailable"] if u["name"] == "opencl"]
        if "libOpenCL" in "".join(reasons):
            self.skipTest("there is no loader")
        self.assertIn("OCL_ICD_VENDORS is /nowhere, and no OpenCL driver is there", reasons[0])


if __name__ == "__main__":
    unittest.main()

"""sateen-info --self-test: on cpu, its options and its report."""

import json
import os
import pathlib
import subprocess

from harness import ProgramTest, command, environment, run

CHECKS = ["opening", "operations", "special values", "training", "... with dropout", "determinism", "events", "memory limits",
          "driver faults", "matrix products", "program cache", "speed"]


class SelfTest(ProgramTest):
    def test_on_cpu(self):
        result = run("sateen-info", "--self-test", "--backend", "cpu")
        self.assert_code(result, 0)
        lines = result.stdout.splitlines()
        self.assertTrue(lines[0].startswith("device    cpu, "), lines[0])
        self.assertLessEqual(max(map(len, lines)), 80)
        shown = [line[:18].strip() for line in lines if line[18:27].strip() in ("pass", "FAIL", "skipped")]
        self.assertEqual(shown, CHECKS)
        self.assertRegex(lines[-1], r"^11 passed, 0 failed, 1 skipped in [0-9.]+ s$")

    def test_json(self):
        result = run("sateen-info", "--self-test", "--json", "--device-option", "threads=1", "--backend", "cpu")
        self.assert_code(result, 0)
        test = json.loads(result.stdout)
        self.assertEqual(list(test), ["device", "checks", "passed", "failed", "skipped", "description"])
        self.assertEqual(test["device"]["id"], "cpu")
        self.assertEqual([check["name"] for check in test["checks"]], CHECKS)
        self.assertEqual(list(test["checks"][0]), ["name", "outcome", "text", "seconds"])
        self.assertEqual((test["passed"], test["failed"], test["skipped"]), (11, 0, 1))
        self.assertIn(["threads", "1"], test["description"])

    def test_report(self):
        report = self.folder / "report.txt"
        env = environment(SATEEN_SYNC="1", POCL_DEBUG="0", OCL_ICD_ENABLE_TRACE="no", RUSTICL_ENABLE="x",
                          HOME="/home/somebody", SATEEN_DATA="/home/somebody/data", SECRET="password")
        result = run("sateen-info", "--self-test", "--report", report, "--device-option", "threads=2", "--backend", "cpu",
                     env=env)
        self.assert_code(result, 0)
        text = report.read_text(encoding="utf-8")
        for fragment in ("Sateen self-test report 1\n", "\nsateen    ", "contract 1.", "\nsystem    Linux ",
                         "\ndevice    cpu, ", "\noperations        pass ", "\n  operations: ", "  instruction_set: ",
                         "\nsettings\n  threads=2\n", "  SATEEN_SYNC=1\n", "  POCL_DEBUG=0\n", "  RUSTICL_ENABLE=x\n",
                         "  OCL_ICD_ENABLE_TRACE=no\n", "  SATEEN_DATA=~/data\n", "\nmessages\n"):
            self.assertIn(fragment, text)
        for private in ("somebody", "SECRET", "password", os.uname().nodename + " "):
            self.assertNotIn(private, text)
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith(".")], [])

    def test_a_report_replaces_nothing(self):
        report = self.folder / "kept.txt"
        report.write_text("an earlier one")
        for target in (report, self.folder):
            result = run("sateen-info", "--self-test", "--backend", "cpu", "--report", target)
            self.assert_refused(result, 5, str(target), "is there already", "another name")
        self.assertEqual(report.read_text(), "an earlier one")
        dangling = self.folder / "link.txt"
        dangling.symlink_to(self.folder / "nowhere.txt")
        self.assert_refused(run("sateen-info", "--self-test", "--backend", "cpu", "--report", dangling), 5, "already")
        missing = self.folder / "no folder" / "report.txt"
        self.assert_refused(run("sateen-info", "--self-test", "--backend", "cpu", "--report", missing), 5, str(missing))

    def test_wrong_use(self):
        for words in (["--self-test", "--list-devices"], ["--list-devices", "--report", "x"], ["--report", "x"],
                      ["--list-devices", "--backend", "cpu"], ["--self-test", "--report"], ["--self-test", "--jsn"],
                      ["--self-test", "--backend", "cpu", "--device-option", "wings=2"],
                      ["--self-test", "--backend", "cpu", "--device-option", "wings"]):
            with self.subTest(words):
                self.assert_refused(run("sateen-info", *words), 2)
        self.assertFalse(pathlib.Path("x").exists())

    def test_no_such_device(self):
        self.assert_refused(run("sateen-info", "--self-test", "--backend", "abacus"), 4, "'abacus'")
        self.assert_refused(run("sateen-info", "--self-test", "--backend", "cpu", "--device", "card"), 4, "'card'")

    def test_nobody_reads(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run(command("sateen-info", "--self-test", "--backend", "cpu"), stdout=full,
                                    stderr=subprocess.PIPE, text=True, timeout=240, env=environment(), check=False)
        self.assertEqual(result.returncode, 5, result.stderr)

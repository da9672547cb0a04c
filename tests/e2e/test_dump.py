"""SATEEN_DUMP_GRAPH with the programs: what is written, what is refused, and who may not ask for it."""

import os
import pathlib
import resource
import shutil
import subprocess
import unittest

import harness
from harness import ProgramTest, environment


class Dump(ProgramTest):
    def dump(self, name, **options):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return folder, self.train("out-" + name, "--epochs", "1", "--overwrite", env=environment(SATEEN_DUMP_GRAPH=str(folder)),
                                  **options)[1]

    def test_training(self):
        folder, first = self.dump("twice")
        self.assert_code(first, 0)
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["graph-0001.txt", "graph-0002.txt"])
        text = (folder / "graph-0001.txt").read_text(encoding="ascii")
        self.assertTrue(text.startswith("sateen-graph 1\n# by Sateen "), text[:200])
        self.assertIn('kind=conv2d_backward_weights name="conv3.backward_weights"', text)
        _, second = self.dump("twice")
        self.assert_code(second, 0)
        self.assertEqual(len(list(folder.iterdir())), 4)
        self.assertEqual((folder / "graph-0003.txt").read_text(encoding="ascii"), text)

    def test_a_folder_that_is_not_there(self):
        _, result = self.train("out-none", env=environment(SATEEN_DUMP_GRAPH=str(self.folder / "none")))
        self.assert_refused(result, 5, "SATEEN_DUMP_GRAPH: ", "none/graph-0001.txt", "create the folder first")

    def test_half_a_graph_is_not_left(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        folder, result = self.dump("limited", preexec_fn=limit)
        self.assert_refused(result, 5, "graph-0001.txt", "ulimit -f")
        self.assertEqual(list(folder.iterdir()), [])

    @unittest.skipIf(os.geteuid() != 0, "only root makes a program set-user-ID for another user")
    @unittest.skipIf(harness.SANITIZED, "sanitizers don't run set-user-ID")
    def test_a_set_user_id_program_ignores_it(self):
        if os.statvfs(self.folder).f_flag & os.ST_NOSUID:
            self.skipTest(f"{self.folder} is on a file system without set-user-ID")
        if closed := harness.closed_to_others():
            self.skipTest(closed)
        if "NoNewPrivs:\t1" in pathlib.Path("/proc/self/status").read_text(encoding="ascii"):
            self.skipTest("this process may not gain privileges")
        self.folder.chmod(0o755)
        program = self.folder / "sateen-train"
        shutil.copy(harness.BIN / "sateen-train", program)
        os.chown(program, 65533, 65533)  # not root's: anybody may run it meanwhile
        for mode, graphs in ((0o4755, 0), (0o755, 2)):
            program.chmod(mode)
            place = self.folder / f"mode-{mode:o}"
            (place / "graphs").mkdir(parents=True)
            for path in (place, place / "graphs"):
                path.chmod(0o777)
            result = subprocess.run(
                [program, "--data", self.data, "--out", place / "out", "--epochs", "1"], user=65534, group=65534,
                extra_groups=[], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
                env=environment(SATEEN_DUMP_GRAPH=str(place / "graphs")))
            self.assert_code(result, 0)
            self.assertEqual(len(list((place / "graphs").iterdir())), graphs)


if __name__ == "__main__":
    unittest.main()

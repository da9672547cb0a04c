"""The examples do what their first comment says."""

import re

from harness import ProgramTest, environment, run


class Examples(ProgramTest):
    def test_embed(self):
        result = run("sateen-embed")
        self.assert_code(result, 0)
        accuracies = re.findall(r"held-out accuracy ([0-9.]+)", result.stdout)
        self.assertEqual(len(accuracies), 5)
        self.assertGreaterEqual(float(accuracies[-1]), 0.95)
        left, right = re.fullmatch(r"left: ([0-9.]+), right: ([0-9.]+)", result.stdout.splitlines()[-1]).groups()
        self.assertGreater(min(float(left), float(right)), 0.5)
        self.assertEqual(run("sateen-embed", "none").returncode, 1)

    def test_own_network(self):
        """Written out layer by layer it is the published network, and trained as sateen-train does."""
        trained, result = self.train("trained", "--epochs", "2")
        self.assert_code(result, 0)
        own = self.folder / "own"
        own.mkdir()
        result = run("sateen-own-network", "2", cwd=own, env=environment(SATEEN_DATA=str(self.data)))
        self.assert_code(result, 0)
        self.assertEqual(len(re.findall(r"(?m)^epoch \d  loss \S+  acc \S+  val_loss \S+  val_acc \S+$", result.stdout)), 2)
        self.assertEqual((own / "own.sateen").read_bytes(), (trained / "best.sateen").read_bytes())
        for wrong in ([], ["0"], ["x"], ["1", "cpu", "x"]):
            self.assert_code(run("sateen-own-network", *wrong, cwd=own), 2)
        result = run("sateen-own-network", "1", "nothing", cwd=own, env=environment(SATEEN_DATA=str(self.data)))
        self.assert_code(result, 1)
        self.assertIn("there is no backend 'nothing'", result.stderr)

    def test_export_images(self):
        out = self.folder / "pictures"
        from_small_data = environment(SATEEN_DATA=str(self.data))
        result = run("sateen-export-images", out, "0", "7", "99", env=from_small_data)
        self.assert_code(result, 0)
        self.assertEqual(sorted(path.name for path in out.iterdir()),
                         ["0-T-shirt_top.png", "7-Sneaker.png", "99-Ankle_boot.png"])
        self.assertTrue((out / "7-Sneaker.png").read_bytes().startswith(b"\x89PNG"))
        for wrong in ("100", "-1", "x", ""):
            result = run("sateen-export-images", out, wrong, env=from_small_data)
            self.assertEqual(result.returncode, 1)
            self.assertIn("is not an index from 0 to 99", result.stderr)
        self.assertEqual(run("sateen-export-images").returncode, 2)

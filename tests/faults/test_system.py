"""Writes, fsyncs, renames and the like that fail while a run is saved, and reads while a model is loaded."""

from quick import FaultTest, spread


class System(FaultTest):
    KIND = "system"

    def test_each_call_of_a_save_fails(self):
        for scenario, count in (("overwrite", 80), ("resume", 30), ("train", 20)):
            with self.subTest(scenario=scenario):
                names = self.numbers(scenario, "save")
                others = [n for n, name in names.items() if name != "write"]
                writes = [n for n, name in names.items() if name == "write"]
                chosen = spread(others, count) + spread(writes, count // 3)
                self.assertEqual(self.fail_at(scenario, "fail", chosen, "save"), {0, 5})

    def test_every_fsync_and_rename_counts(self):
        # Each of them is an error: what is not on the disk is not said to be saved.
        for name in ("fsync", "rename"):
            self.assertEqual(self.fail_at("overwrite", "fail", self.numbers("overwrite", name), name), {5})

    def test_the_disk_is_full_in_the_middle_of_a_write(self):
        writes = self.numbers("overwrite", "write")
        self.assertEqual(self.fail_at("overwrite", "short", spread(writes, 12), "write"), {5})

    def test_nothing_works_any_more(self):
        names = self.numbers("overwrite", "save")
        self.fail_at("overwrite", "fail-from", spread(names, 10), "save")

    def test_each_read_of_a_model_and_a_picture_fails(self):
        for scenario in ("load", "info"):
            self.assertEqual(self.fail_at(scenario, "fail", self.numbers(scenario, "load"), "load"), {3})

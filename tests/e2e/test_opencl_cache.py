"""The cache of OpenCL programs: a second start builds nothing, and no trouble with it matters."""

import concurrent.futures
import os
import shutil
import unittest

from harness import run
from opencl import OpenCLTest, lines


class Cache(OpenCLTest):
    """Each test begins with a warm cache, which was made once; `cold` empties it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warm = cls.folder / "warm"
        cls.first, cls.built, _ = cls().predict_counting(SATEEN_CACHE_DIR=str(cls.warm))

    def setUp(self):
        self.cold()
        shutil.copytree(self.warm, self.cache)

    def cold(self):
        shutil.rmtree(self.cache, ignore_errors=True)

    def entries(self):
        return sorted((self.cache / "opencl").glob("*.program"))

    def predict_counting(self, **changes):
        """The result, and how many programs were built from source and how many loaded; the driver knows none yet."""
        log = self.new_folder("log") / "log"
        result = self.predict(self.environment("faulty_driver", SHIM_LOG=str(log),
                                               POCL_CACHE_DIR=str(self.new_folder("driver")), **changes))
        made = lines(log)
        return result, made.count("source"), made.count("binary")

    def test_a_second_start_builds_nothing(self):
        self.assert_code(self.first, 0)
        self.assertGreater(self.built, 0)
        kept = {entry: entry.read_bytes() for entry in self.entries()}
        self.assertEqual(len(kept), self.built)
        second, built_again, loaded = self.predict_counting()
        self.assert_code(second, 0)
        self.assertEqual((built_again, loaded), (0, self.built))
        self.assertEqual(second.stdout, self.first.stdout)
        self.assertNotIn("warning", second.stderr)
        self.assertEqual({entry: entry.read_bytes() for entry in self.entries()}, kept)

    def assert_mended(self, damage):
        """After damage to two entries: one warning, the same answer, and good entries again."""
        damage(self.entries()[:2])
        second, rebuilt, loaded = self.predict_counting()
        self.assert_code(second, 0)
        self.assertEqual(second.stdout, self.first.stdout)
        self.assertEqual((rebuilt, loaded), (2, self.built - 2))
        self.assertEqual(second.stderr.count("warning"), 1, second.stderr)
        third, again, loaded = self.predict_counting()
        self.assert_code(third, 0)
        self.assertEqual((again, loaded), (0, self.built))
        self.assertNotIn("warning", third.stderr)

    def test_damaged_entries_are_built_again(self):
        def cut(entries):
            for entry in entries:
                os.truncate(entry, entry.stat().st_size // 2)

        def empty(entries):
            for entry in entries:
                os.truncate(entry, 0)

        def flipped(entries):
            for entry in entries:
                data = bytearray(entry.read_bytes())
                data[-100] ^= 1
                entry.write_bytes(data)

        def exchanged(entries):  # whole, but another program's or driver's
            one, two = entries[0].read_bytes(), entries[1].read_bytes()
            entries[0].write_bytes(two)
            entries[1].write_bytes(one)

        for damage in (cut, empty, flipped, exchanged):
            with self.subTest(damage.__name__):
                self.assert_mended(damage)

    def test_an_entry_that_is_no_file(self):
        entry = self.entries()[0]
        entry.unlink()
        os.mkfifo(entry)
        result, built, _ = self.predict_counting()
        self.assert_code(result, 0)
        self.assertEqual(built, 1)

    def test_a_driver_that_refuses_its_binaries(self):
        second, rebuilt, tried = self.predict_counting(SHIM_REFUSE_BINARY="1")
        self.assert_code(second, 0)
        self.assertEqual((rebuilt, tried), (self.built, self.built))
        self.assertEqual(second.stdout, self.first.stdout)
        self.assertEqual(second.stderr.count("warning"), 1, second.stderr)

    def test_other_options_are_other_programs(self):
        before = len(self.entries())
        env = self.environment()
        for kernels in ("cpu8", "cpu16"):  # one of the two is what was taken before
            result = run("sateen-predict", "--backend", "opencl", "--device-option", f"kernels={kernels}", "-m", self.model,
                         self.picture, env=env)
            self.assert_code(result, 0)
        self.assertEqual(len(self.entries()), 2 * before)

    def test_switched_off(self):
        self.cold()
        result, built, _ = self.predict_counting(SATEEN_CACHE_DISABLE="1")
        self.assert_code(result, 0)
        self.assertGreater(built, 0)
        self.assertFalse(self.cache.exists())

    def test_without_a_home(self):
        env = self.environment()
        for name in ("SATEEN_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
            env.pop(name, None)
        self.assert_code(self.predict(env), 0)

    def test_a_place_that_can_not_be_written(self):
        self.cold()
        self.cache.write_text("a file where the folder would be")
        result = self.predict(self.environment())
        self.assert_code(result, 0)
        self.assertEqual(result.stderr.count("warning"), 1, result.stderr)
        self.assertIn("SATEEN_CACHE_DIR", result.stderr)
        self.cache.unlink()

    def assert_not_trusted(self, loaded=0):
        """So many entries are loaded, the others are built, and there is a warning."""
        result, built, found = self.predict_counting()
        self.assert_code(result, 0)
        self.assertEqual((built, found), (self.built - loaded, loaded))
        self.assertEqual(result.stderr.count("warning"), 1, result.stderr)

    def test_a_folder_that_others_may_write_to(self):
        for mode in (0o777, 0o770):
            with self.subTest(oct(mode)):
                os.chmod(self.cache / "opencl", mode)
                self.assert_not_trusted()

    def test_a_link_in_place_of_the_folder(self):
        os.rename(self.cache / "opencl", self.cache / "elsewhere")
        (self.cache / "opencl").symlink_to("elsewhere")
        self.assert_not_trusted()

    def test_a_link_in_place_of_an_entry(self):
        entry = self.entries()[0]
        os.rename(entry, self.cache / "elsewhere")
        entry.symlink_to(self.cache / "elsewhere")
        self.assert_not_trusted(self.built - 1)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_an_entry_of_another_user(self):
        os.chown(self.entries()[0], 65534, 65534)
        self.assert_not_trusted(self.built - 1)

    def test_many_processes_at_once(self):
        self.cold()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            results = list(pool.map(self.predict, [self.environment() for _ in range(16)]))
        for result in results:
            self.assert_code(result, 0)
            self.assertEqual(result.stdout, results[0].stdout)
            self.assertNotIn("warning", result.stderr)
        self.assertEqual([p.suffix for p in (self.cache / "opencl").iterdir() if p.suffix != ".program"], [])
        _, built, loaded = self.predict_counting()
        self.assertEqual((built, loaded), (0, len(self.entries())))

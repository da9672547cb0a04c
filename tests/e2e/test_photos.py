"""sateen-predict: folders, lists, formats, and what it makes of photos."""

import csv
import io
import json
import os
import pathlib
import resource
import select
import shutil
import subprocess
import sys
import unittest

import harness
from harness import REAL_DATA, SIDE, ModelTest, ProgramTest, command, environment, picture, run, write_png


def photo(path, ground=255, garment=20):
    """A garment of 100x200 in a photo of 400x300."""
    row = bytes([ground]) * 400
    inside = bytes([ground]) * 250 + bytes([garment]) * 100 + bytes([ground]) * 50
    write_png(path, row * 60 + inside * 200 + row * 40, 400, 300)


class Photos(ModelTest):
    def setUp(self):
        self.place = self.folder / self.id()
        self.place.mkdir()

    def png(self, name, label=3):
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(path, picture(label, 0), SIDE, SIDE)
        return path

    def predict(self, *arguments, names=None, **options):
        if names is None:
            return run("sateen-predict", "-m", self.model, *arguments, **options)
        return subprocess.run(command("sateen-predict", "-m", self.model, *arguments), input=names, capture_output=True,
                              timeout=240, encoding="utf-8", errors="surrogateescape", env=environment(), check=False)

    def files(self, *arguments, code=0, **options):
        result = self.predict("--format", "jsonl", *arguments, **options)
        self.assert_code(result, code)
        return [json.loads(line)["file"] for line in result.stdout.splitlines()], result

    def test_folders(self):
        paths = [str(self.png(name)) for name in ("b.png", "a.png", "in/c.png", "in/deep/d.PNG", "e/f.png")]
        (self.place / "notes.txt").write_text("no picture")
        os.symlink("..", self.place / "in" / "loop")
        b, a, c, d, f = paths
        self.assertEqual(self.files(self.place)[0], [a, b])
        self.assertEqual(self.files("--recursive", f"{self.place}/")[0], [a, b, f, c, d])
        self.assertEqual(self.files(c, self.place, d)[0], [c, a, b, d])

    def test_folders_without_pictures(self):
        (self.place / "empty").mkdir()
        good = str(self.png("outer/inner/x.png"))
        found, result = self.files(self.place / "empty", self.place / "outer", good, code=3)
        self.assertEqual(found, [good])
        first, second = self.error_lines(result)
        self.assertIn("empty: is a folder without pictures; pictures are known by endings", first)
        self.assertIn("outer: is a folder without pictures; --recursive looks into", second)

    @unittest.skipIf(os.geteuid() == 0, "root may look into every folder")
    def test_folder_that_may_not_be_listed(self):
        good = str(self.png("x.png"))
        (self.place / "shut").mkdir(mode=0)
        found, result = self.files(self.place / "shut", good, code=3)
        self.assertEqual(found, [good])
        self.assertIn("shut: can't be listed", self.error_lines(result)[0])

    def test_lists(self):
        a, b = str(self.png("a.png")), str(self.png("in/line\nbreak.png"))
        self.assertEqual(self.files("-", names=f"{a}\n\n{self.place}")[0], [a, a])
        self.assertEqual(self.files(a, "-", a, names=f"{a}\n")[0], [a, a, a])
        self.assertEqual(self.files("-0", "-", names=f"{b}\0{a}\0")[0], [b, a])
        for names in ("", "\n\n"):
            result = self.predict("-", names=names)
            self.assert_code(result, 3)
            self.assertIn("the list names no picture", result.stderr)
        long = self.files("-", names="x" * 200_000 + "\n" + a, code=3)
        self.assertEqual(long[0], [a])
        self.assertIn("more than 65536 bytes", long[1].stderr)
        shut = subprocess.run(["sh", "-c", '"$0" "$@" <&-', *command("sateen-predict", "-m", self.model, "-")],
                              capture_output=True, text=True, env=environment(), check=False)
        self.assertEqual(shut.returncode, 3)
        self.assertIn("the list names no picture", shut.stderr)

    def test_results_come_before_a_list_is_waited_for(self):
        a, sub = str(self.png("a.png")), str(self.png("in/b.png"))
        (self.place / "in" / "empty").mkdir()
        cases = [(["-"], [f"{a}\n", f"{a}\n"]), ([a, "-"], [""]), (["-"], [f"{a}\n\n"]),
                 (["-r", "-"], [f"{pathlib.Path(sub).parent}\n"])]
        for arguments, writes in cases:
            with self.subTest(arguments=arguments, writes=writes):
                with subprocess.Popen(command("sateen-predict", "-m", self.model, *arguments), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()) as program:
                    for names in writes:
                        program.stdin.write(os.fsencode(names))
                        program.stdin.flush()
                        come = select.select([program.stdout], [], [], 60)[0]
                        self.assertIn(b".png: ", os.read(program.stdout.fileno(), 4096) if come else b"")
                    program.stdin.close()
                    self.assertEqual(program.wait(120), 0 if any(writes) else 3)

    def test_non_blocking_standard_input(self):
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        with subprocess.Popen(command("sateen-predict", "-m", self.model, self.png("a.png"), "-"), stdin=reading,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()) as program:
            os.close(reading)
            self.assertTrue(program.stdout.readline())  # from now on it waits
            os.write(writing, os.fsencode(self.png("b.png")) + b"\n")
            os.close(writing)
            self.assertIn(b"b.png: ", program.stdout.readline())
            self.assertEqual(program.wait(120), 0)

    @unittest.skipIf(harness.SANITIZED, "sanitizers need more memory")
    def test_a_picture_that_memory_is_short_for_is_left_out(self):
        a, large, b = self.png("a.png"), self.place / "large.png", self.png("b.png")
        (self.place / "broken.png").write_bytes(b"broken")
        write_png(large, bytes(8192 * 8192), 8192, 8192)
        limit = 140 << 20
        result = self.predict("--format", "json", a, large, self.place / "broken.png", b,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        self.assert_code(result, 4)
        self.assertEqual([row["file"] for row in json.loads(result.stdout)], [str(a), str(b)])
        memory, broken = self.error_lines(result)
        self.assertIn("large.png: not enough memory", memory)
        self.assertIn("broken.png: ", broken)

    def test_batches_keep_the_order_and_the_results(self):
        paths = [str(self.png(f"{i:03}.png", i % 10)) for i in range(70)]
        (self.place / "035.png").write_bytes(b"broken")
        result = self.predict("--format", "jsonl", self.place)
        self.assert_code(result, 3)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([row["file"] for row in rows], paths[:35] + paths[36:])
        alone = json.loads(self.predict("--format", "jsonl", paths[69]).stdout)
        for one, other in zip(alone["predictions"], rows[-1]["predictions"]):
            self.assertEqual(one["label"], other["label"])
            self.assertAlmostEqual(one["probability"], other["probability"], places=5)

    def test_formats_and_classes(self):
        file = self.png('a,"b".png')
        rows = list(csv.DictReader(io.StringIO(self.predict("--format", "csv", "-k", "2", file).stdout)))
        self.assertEqual([row["file"] for row in rows], [str(file)] * 2)
        self.assertEqual([row["rank"] for row in rows], ["1", "2"])
        answer = json.loads(self.predict("--format", "json", "-k", "2", file).stdout)[0]["predictions"]
        self.assertEqual([(p["label"], p["index"], p["probability"]) for p in answer],
                         [(row["label"], int(row["index"]), float(row["probability"])) for row in rows])
        self.assertEqual(len(self.predict("--format", "csv", file).stdout.splitlines()), 2)
        self.assertNotIn("(", self.predict("-k", "1", file).stdout)
        self.assertEqual(self.predict("-k", "99", file).stdout.count("%"), 10)

    def test_what_was_done_is_said(self):
        sure, unsure = self.place / "sure.png", self.place / "unsure.png"
        photo(sure)
        photo(unsure, 128, 140)
        result = self.predict("--format", "json", sure, unsure)
        self.assert_code(result, 0)
        self.assertIn("/sure.png: trimmed from 400x300 to 100x200, inverted\n", result.stderr)
        self.assertRegex(result.stderr, r"sateen-predict: warning: .*/unsure.png: unsure: it has little contrast \(trimmed")
        first, second = json.loads(result.stdout)
        self.assertEqual(first["preprocessing"], ["trimmed from 400x300 to 100x200", "inverted"])
        self.assertEqual((first["unsure"], second["unsure"]), ([], ["it has little contrast"]))
        first, second = self.predict(sure, unsure).stdout.splitlines()
        self.assertNotIn("unsure", first.split(": ", 1)[1])
        self.assertTrue(second.endswith(")  unsure"), second)

    def test_save_preprocessed(self):
        files = [self.place / "a.png", self.png("x/a.png")]
        photo(files[0])
        out = self.place / "new" / "seen"
        result = self.predict("--format", "jsonl", "--save-preprocessed", out, *files)
        self.assert_code(result, 0)
        self.assertEqual(sorted(os.listdir(out)), ["000001-a.png", "000002-a.png"])
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([row["preprocessed"] for row in rows], [str(out / "000001-a.png"), str(out / "000002-a.png")])
        again = self.predict("--format", "jsonl", out)  # the network's own size: nothing is done any more
        for row, seen in zip(rows, map(json.loads, again.stdout.splitlines())):
            self.assertEqual((seen["preprocessing"], seen["predictions"]), ([], row["predictions"]))
        self.assert_refused(self.predict("--save-preprocessed", out, files[0]), 5, "is not empty")
        self.assert_refused(self.predict("--save-preprocessed", files[0], files[0]), 5, "a.png")

    def test_save_preprocessed_inside_the_folder(self):
        a, b = str(self.png("a.png")), str(self.png("sub/b.png"))
        os.symlink(self.place, self.folder / "link-to-place")
        for out in (self.place / "seen", self.folder / "link-to-place" / "again"):
            shutil.rmtree(self.place / "seen", ignore_errors=True)
            self.assertEqual(self.files("-r", self.place, "--save-preprocessed", out)[0], [a, b])

    def test_save_preprocessed_writes_to_nothing_that_is_there(self):
        a, out = os.fsencode(self.png("a.png")), self.place / "seen"
        words = ["-m", self.model, "--format", "jsonl", "--save-preprocessed", out, "-"]
        with subprocess.Popen(command("sateen-predict", *words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment()) as program:
            program.stdin.write(a + b"\n")
            program.stdin.flush()
            first = program.stdout.readline()
            (out / "000002-a.png").write_bytes(b"another run's")
            rest, errors = program.communicate(a + b"\n", 120)
        self.assertEqual(program.returncode, 5)
        self.assertEqual((b"a.png" in first, rest), (True, b""))
        self.assertIn(b"000002-a.png: can't be written: File exists", errors)
        self.assertEqual((out / "000002-a.png").read_bytes(), b"another run's")

    def test_save_preprocessed_that_fails(self):
        flat, out, size = self.place / "flat.png", self.place / "seen", 300
        write_png(flat, bytes(SIDE * SIDE), SIDE, SIDE)
        result = self.predict("--format", "json", "--save-preprocessed", out, flat, self.png("noise.png"), flat,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        self.assert_code(result, 5)
        self.assertEqual([row["file"] for row in json.loads(result.stdout)], [str(flat)])
        self.assertIn("000002-noise.png: can't be written: File too large", self.error_lines(result)[0])
        self.assertEqual(os.listdir(out), ["000001-flat.png"])

    def test_names_of_saved_pictures(self):
        names = [70 * "\u670d", "a\x7fb\u009bc\u202ed", "caf\u00e9"]
        out = self.place / "seen"
        result = self.predict("--save-preprocessed", out, *[self.png(f"{name}.png") for name in names])
        self.assert_code(result, 0)
        self.assertEqual(sorted(os.listdir(out)),
                         [f"000001-{66 * names[0][0]}.png", "000002-a_b__c___d.png", "000003-caf\u00e9.png"])
        self.assertIn("a\\x7fb\\xc2\\x9bc\\xe2\\x80\\xaed.png: ", result.stdout)


def python_with_pillow():
    """An interpreter that has Pillow; the one that runs the tests may be another than the system's."""
    for interpreter in (sys.executable, "/usr/bin/python3"):
        if shutil.which(interpreter) and subprocess.run([interpreter, "-c", "import PIL"], check=False,
                                                        capture_output=True).returncode == 0:
            return interpreter
    return None


@unittest.skipUnless((REAL_DATA / "train-images-idx3-ubyte.gz").exists(), "dataset-fashion-mnist is not installed")
@unittest.skipIf(harness.SANITIZED, "too slow with sanitizers")
@unittest.skipUnless(python_with_pillow(), "python3-pil is not installed")
class Renderings(ProgramTest):
    """Twelve photos each of twenty test pictures, by a network that saw a tenth of the data once."""

    def test_are_taken_for_what_the_clean_pictures_are(self):
        data = self.folder / "part"
        count = 6000
        harness.write_real_data(data, count)
        out = self.folder / "run"
        self.assert_code(run("sateen-train", "--data", data, "--out", out, "--epochs", "2", "--model", "plain"), 0)
        measure = pathlib.Path(__file__).resolve().parents[1] / "photos" / "measure.py"
        result = subprocess.run([python_with_pillow(), "-B", measure, "--program", harness.BIN / "sateen-predict", "--model",
                                 out / "best.sateen", "--images", "20", "--least", "85"],
                                capture_output=True, text=True, env=environment(), check=False)
        self.assert_code(result, 0)


if __name__ == "__main__":
    unittest.main()

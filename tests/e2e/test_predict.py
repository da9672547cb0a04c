"""sateen-predict: what it says about pictures, good and bad."""

import json
import os
import re
import subprocess
import unittest

import harness
from harness import LABELS, REAL_DATA, SIDE, ModelTest, ProgramTest, command, environment, picture, run, write_png

DEVICE_LINE = r"\Adevice    cpu, [^\n]*\n"


class Predict(ModelTest):
    def setUp(self):
        self.pictures = self.folder / self.id()
        self.pictures.mkdir()

    def png(self, name, label=3, number=0):
        path = os.path.join(os.fsencode(self.pictures), os.fsencode(name))
        write_png(path, picture(label, number), SIDE, SIDE)
        return path

    def predict(self, *arguments, **options):
        return run("sateen-predict", "-m", self.model, *arguments, **options)

    def json(self, *arguments, code=0):
        result = self.predict("--format", "json", *arguments)
        self.assert_code(result, code)
        return json.loads(result.stdout), result

    def test_json(self):
        files = [self.png(f"{label}.png", label) for label in (7, 0, 9, 4)]
        answer, result = self.json(*files)
        self.assertRegex(result.stderr, DEVICE_LINE + r"\Z")
        self.assertEqual([os.fsencode(entry["file"]) for entry in answer], files)
        for entry in answer:
            self.assertEqual(list(entry), ["file", "predictions", "preprocessing", "unsure"])
            self.assertEqual((entry["preprocessing"], entry["unsure"]), ([], []))
            self.assertEqual(sorted(p["index"] for p in entry["predictions"]), list(range(10)))
            order = [(-p["probability"], p["index"]) for p in entry["predictions"]]
            self.assertEqual(order, sorted(order))
            self.assertAlmostEqual(sum(p["probability"] for p in entry["predictions"]), 1, places=4)
            for p in entry["predictions"]:
                self.assertEqual(list(p), ["index", "label", "probability"])
                self.assertEqual(p["label"], LABELS[p["index"]])
                self.assertTrue(0 <= p["probability"] <= 1)

    def test_text(self):
        files = [self.png(f"{label}.png", label) for label in (2, 8)]
        result = self.predict(*files)
        self.assert_code(result, 0)
        self.assertRegex(result.stderr, DEVICE_LINE + r"\Z")
        answer, _ = self.json(*files)
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), 2)
        for line, entry in zip(lines, answer):
            first, second, third = ((p["label"], f"{100 * p['probability']:.1f} %") for p in entry["predictions"][:3])
            self.assertEqual(line, f"{entry['file']}: {' '.join(first)}  ({' '.join(second)}, {' '.join(third)})")

    def test_colours_and_inversion(self):
        pixels = picture(6, 0)
        small = self.png("small.png", 6)
        colour = self.pictures / "colour.png"
        write_png(colour, bytes(p for p in pixels for _ in range(3)), SIDE, SIDE, channels=3)
        turned = self.pictures / "turned.png"
        write_png(turned, bytes(255 - p for p in pixels), SIDE, SIDE)
        grey = self.pictures / "grey.pgm"
        grey.write_bytes(b"P5\n28 28\n255\n" + pixels)
        answer, _ = self.json(small, colour, grey, turned)
        inverted, _ = self.json("--invert", "yes", turned)
        upside, _ = self.json("--invert", "no", turned)
        expected = answer[0]["predictions"]
        for entry in answer[1:] + inverted:
            self.assertEqual(entry["predictions"], expected, entry["file"])
        self.assertEqual([entry["preprocessing"] for entry in answer], [[], [], [], ["inverted"]])
        self.assertNotEqual(upside[0]["predictions"], expected)

    def test_bad_pictures_do_not_stop_the_others(self):
        good = [self.png("a.png", 1), self.png("b.png", 5)]
        whole = self.pictures / "a.png"
        bad = {"empty.png": b"", "cut.png": whole.read_bytes()[:60], "text.png": b"hello", "moving.gif": b"GIF89a" * 9}
        for name, content in bad.items():
            (self.pictures / name).write_bytes(content)
        empty = self.pictures / "folder"
        empty.mkdir()
        names = [self.pictures / name for name in bad] + [empty, self.pictures / "missing.png"]
        answer, result = self.json(names[0], good[0], *names[1:], good[1], code=3)
        self.assertEqual([os.fsencode(entry["file"]) for entry in answer], good)
        errors = self.error_lines(result)
        self.assertEqual(len(errors), len(names))
        self.assertEqual(len(result.stderr.splitlines()), 1 + len(names))
        for error, name in zip(errors, names):
            self.assertTrue(error.startswith(f"sateen-predict: error: {name}: "), error)
        text = self.predict(names[1], *good)
        self.assert_code(text, 3)
        self.assertEqual(len(text.stdout.splitlines()), 2)
        none, _ = self.json(names[0], code=3)
        self.assertEqual(none, [])

    def test_hostile_names(self):
        files = [self.png(b"line\nbreak.png"), self.png(b"not-utf8-\xff.png"), self.png(b'"quote\\.png'),
                 self.png(b"esc\x1b[31m.png")]
        answer, result = self.json(*files)
        self.assertEqual(len(answer), 4)
        self.assertIn("line\nbreak", answer[0]["file"])
        self.assertIn("not-utf8-\ufffd.png", answer[1]["file"])
        self.assertIn('"quote\\.png', answer[2]["file"])
        result.stdout.encode("utf-8")  # fails where bytes came through that are none
        text = self.predict(*files)
        self.assertEqual(len(text.stdout.splitlines()), 4)
        self.assertIn("line\\x0abreak.png: ", text.stdout)
        self.assertIn("esc\\x1b[31m.png: ", text.stdout)
        missing = self.predict(os.fsencode(self.pictures) + b"/gone\nfor\x1bever.png")
        self.assert_refused(missing, 3, "gone\\x0afor\\x1bever.png")
        self.assertEqual(missing.stderr.count("\n"), 2)

    def test_names_that_begin_with_a_dash(self):
        self.png("--help")
        result = self.predict("--", "--help", cwd=self.pictures)
        self.assert_code(result, 0)
        self.assertTrue(result.stdout.startswith("--help: "))

    def test_models_that_are_none(self):
        file = self.png("x.png")
        content = self.model.read_bytes()
        flipped = bytearray(content)
        flipped[-5] ^= 1
        for name, body in {"cut": content[:-1], "empty": b"", "text": b"a text\n" * 50, "flipped": flipped,
                           "longer": content + b"\0"}.items():
            path = self.pictures / (name + ".sateen")
            path.write_bytes(body)
            self.assert_refused(run("sateen-predict", "-m", path, file), 3, f"{path}: ")
        self.assert_refused(run("sateen-predict", "-m", self.folder, "--format", "json", file), 3, str(self.folder))
        self.assert_refused(run("sateen-predict", "-m", self.folder / "none", file), 3, "none")
        self.assert_refused(run("sateen-predict", "-m", file, file), 3, "x.png", "not a Sateen model")

    def test_devices(self):
        file = self.png("x.png")
        self.assert_refused(self.predict("--backend", "abacus", file), 4, "abacus", "cpu")
        self.assert_refused(self.predict("--device", "cpu:77", file), 4, "cpu:77")

    def test_full_disk(self):
        for kind in ("text", "json"):
            with open("/dev/full", "wb") as full:
                program = command("sateen-predict", "-m", self.model, "--format", kind, self.png("x.png"))
                result = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                                        env=environment())
            self.assertEqual(result.returncode, 5)
            self.assertRegex(result.stderr, DEVICE_LINE + r"sateen-predict: error: standard output: [^\n]*\n\Z")

    def test_reader_that_left(self):
        reading, writing = os.pipe()
        os.close(reading)
        result = subprocess.run(command("sateen-predict", "-m", self.model, self.png("x.png")), stdout=writing,
                                stderr=subprocess.PIPE, text=True, check=False, env=environment())
        os.close(writing)
        self.assertEqual(result.returncode, -13)
        self.assertRegex(result.stderr, DEVICE_LINE + r"\Z")


@unittest.skipUnless((REAL_DATA / "train-images-idx3-ubyte.gz").exists(), "dataset-fashion-mnist is not installed")
@unittest.skipIf(harness.SANITIZED, "too slow with sanitizers")
class RealPictures(ProgramTest):
    """A little of the real data: trained on the first 4,000 pictures, asked about the first 200 test pictures."""

    def test_learns_from_them(self):
        data, size = self.folder / "real", SIDE * SIDE
        harness.write_real_data(data, 4000)
        out = self.folder / "real-run"
        self.assert_code(run("sateen-train", "--data", data, "--out", out, "--epochs", "2", "--model", "plain"), 0)

        asked = 200
        images = harness.real_bytes("t10k-images-idx3-ubyte.gz", 16, asked, size)
        truth = harness.real_bytes("t10k-labels-idx1-ubyte.gz", 8, asked, 1)
        files = [self.folder / f"{i}.png" for i in range(asked)]
        for i, file in enumerate(files):
            write_png(file, images[i * size:(i + 1) * size], SIDE, SIDE)
        result = run("sateen-predict", "-m", out / "best.sateen", "--format", "json", *files)
        self.assert_code(result, 0)
        answer = json.loads(result.stdout)
        right = sum(entry["predictions"][0]["index"] == label for entry, label in zip(answer, truth))
        self.assertGreaterEqual(right / asked, 0.7)


if __name__ == "__main__":
    unittest.main()

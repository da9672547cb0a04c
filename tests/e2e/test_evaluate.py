"""sateen-evaluate: what a model is worth on labelled images."""

import json
import math
import re
import unittest

from harness import LABELS, SIDE, TEST_IMAGES, ModelTest, picture, run, write_png


class Evaluate(ModelTest):
    def evaluate(self, *arguments):
        return run("sateen-evaluate", "-m", self.model, "--data", self.data, *arguments)

    def json(self, *arguments):
        result = self.evaluate("--json", *arguments)
        self.assert_code(result, 0)
        return json.loads(result.stdout)

    def predictions(self):
        """Of sateen-predict for the test images, each with its true class."""
        folder = self.folder / "pictures"
        folder.mkdir()
        labels = [i % 10 for i in range(TEST_IMAGES)]
        for i, label in enumerate(labels):
            write_png(folder / f"{i:03}.png", picture(label, i), SIDE, SIDE)
        result = run("sateen-predict", "-m", self.model, "--format", "json", *sorted(folder.iterdir()))
        self.assert_code(result, 0)
        return list(zip(labels, (entry["predictions"] for entry in json.loads(result.stdout))))

    def test_mirror(self):
        once, twice = self.json(), self.json("--mirror")
        self.assertEqual((once["mirror"], twice["mirror"]), (False, True))
        self.assertNotEqual(once["loss"], twice["loss"])
        text = self.evaluate("--mirror").stdout
        self.assertIn("over 100 images, each with its mirror image", text.splitlines()[0])

    def test_predict_mirror(self):
        pixels = picture(3, 5)
        swapped = bytes(pixels[i // SIDE * SIDE + SIDE - 1 - i % SIDE] for i in range(SIDE * SIDE))
        write_png(self.folder / "one.png", pixels, SIDE, SIDE)
        write_png(self.folder / "other.png", swapped, SIDE, SIDE)
        result = run("sateen-predict", "-m", self.model, "--format", "json", "--mirror", self.folder / "one.png", self.folder / "other.png")
        self.assert_code(result, 0)
        one, other = (entry["predictions"] for entry in json.loads(result.stdout))
        self.assertEqual(one, other)

    def test_json_agrees_with_predictions(self):
        scores = self.json()
        self.assertEqual(scores["schema"], "sateen.evaluate/1")
        self.assertEqual((scores["part"], scores["images"], scores["backend"]), ("test", 100, "cpu"))
        # What sateen-predict says of the same images, counted here.
        answers = self.predictions()
        confusion = [[0] * 10 for _ in range(10)]
        loss = 0
        for truth, predictions in answers:
            confusion[truth][predictions[0]["index"]] += 1
            loss -= math.log(next(p["probability"] for p in predictions if p["index"] == truth))
        self.assertEqual(scores["confusion"], confusion)
        self.assertAlmostEqual(scores["loss"], loss / 100, places=5)
        self.assertAlmostEqual(scores["accuracy"], sum(confusion[i][i] for i in range(10)) / 100)
        for i, entry in enumerate(scores["classes"]):
            self.assertEqual((entry["index"], entry["label"], entry["support"]), (i, LABELS[i], 10))
            said = sum(row[i] for row in confusion)
            self.assertAlmostEqual(entry["recall"], confusion[i][i] / 10)
            self.assertAlmostEqual(entry["precision"], confusion[i][i] / said if said else 0)
            self.assertAlmostEqual(entry["f1"], 2 * confusion[i][i] / (10 + said))
        for name in ("precision", "recall", "f1"):
            mean = sum(entry[name] for entry in scores["classes"]) / 10
            self.assertAlmostEqual(scores["macro_average"][name], mean)
            self.assertAlmostEqual(scores["weighted_average"][name], mean)  # as many images of each class

    def test_parts_and_batches_agree(self):
        for part, images in (("test", 100), ("train", 600)):
            scores = [self.json("--part", part, "--batch-size", batch) for batch in (1, 64, 5000)]
            self.assertEqual([s["images"] for s in scores], [images] * 3)
            self.assertEqual(scores[0]["confusion"], scores[2]["confusion"])
            self.assertEqual(scores[1]["confusion"], scores[2]["confusion"])

    def test_table(self):
        scores = self.json()
        result = self.evaluate()
        self.assert_code(result, 0)
        lines = result.stdout.split("\n")
        self.assertTrue(all(len(line) <= 80 for line in lines), result.stdout)
        self.assertEqual(lines[0], f"loss {scores['loss']:.4f}, accuracy {scores['accuracy']:.4f}, over 100 images")
        # scikit-learn's classification_report, line by line.
        fields = ("precision", "recall", "f1", "support")
        report = ["{:>12s} ".format("") + "".join(f" {name:>9}" for name in ("precision", "recall", "f1-score", "support")), ""]
        rows = [(entry["label"], entry) for entry in scores["classes"]]
        for name, entry in rows + [("macro avg", scores["macro_average"]), ("weighted avg", scores["weighted_average"])]:
            if name == "macro avg":
                report += ["", "{:>12s} ".format("accuracy") + " " * 20 + f" {scores['accuracy']:>9.2f} {100:>9}"]
            report.append(f"{name:>12s} " + "".join(f" {entry[f]:>9.2f}" for f in fields[:3]) + f" {entry['support']:>9}")
        self.assertEqual(lines[2:2 + len(report)], report)
        matrix = [[int(word) for word in re.split(" {2,}", line[3:].strip())[-10:]] for line in lines[-11:-1]]
        self.assertEqual(matrix, scores["confusion"])
        four = self.evaluate("--digits", "4").stdout
        self.assertIn(f"{scores['macro_average']['f1']:.4f}", four)

    def test_refused(self):
        missing = self.folder / "none.sateen"
        for arguments, code, words in (((), 2, "-m run1/best.sateen"),
                                       (("-m", self.model, "--part", "all"), 2, '"all" is not test or train'),
                                       (("-m", self.model, "--digits", "10"), 2, "--digits"),
                                       (("-m", self.model, "--data", self.folder / "nowhere"), 3, "nowhere"),
                                       (("-m", missing, "--data", self.data), 3, "none.sateen"),
                                       (("-m", self.data / "t10k-images-idx3-ubyte"), 3, "t10k-images")):
            with self.subTest(arguments):
                self.assert_refused(run("sateen-evaluate", *arguments), code, words)

    def test_results_alone_on_stdout(self):
        result = self.evaluate()
        self.assertRegex(result.stderr, r"(?m)^device    cpu, ")
        self.assertNotIn("device", result.stdout)


if __name__ == "__main__":
    unittest.main()

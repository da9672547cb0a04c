"""Pictures of runs and models, and report.html."""

import base64
import html.parser
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import time
import unittest
import xml.etree.ElementTree as xml

from harness import LABELS, ModelTest, command, environment, run

GNUPLOT = shutil.which("gnuplot")
MODEL_PICTURES = ["confusion", "filters", "most-wrong", "predictions"]
RUN_PICTURES = sorted(["curves", *MODEL_PICTURES])
SIZES = {"curves": (1200, 480), "confusion": (1000, 860), "predictions": (1200, 760), "filters": (990, 490)}
NO_END_TAGS = {"meta", "img"}


def plotting(**changes):
    return environment(**{"SATEEN_PLOTS": None, **changes})


def png_size(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n" and content[-8:-4] == b"IEND", path
    return struct.unpack(">II", content[16:24])


class Page(html.parser.HTMLParser):
    """Elements, the text, and whether every element that begins ends where it should."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in NO_END_TAGS:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.words.append(data)


@unittest.skipUnless(GNUPLOT, "no gnuplot")
class PlotsTest(ModelTest):
    def fake(self, name, script):
        """A PATH with a program called gnuplot."""
        folder = self.folder / name
        folder.mkdir()
        program = folder / "gnuplot"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        return f"{folder}:/usr/bin:/bin"

    def quick(self, name, *arguments, **changes):
        """Trains for an epoch of few steps."""
        return self.train(name, "--epochs", "1", "--model", "plain", "--batch-size", "240", *arguments,
                          env=plotting(**changes))

    def warnings(self, result):
        """But for the one that says what the data are."""
        return [line for line in re.findall("warning: .*", result.stderr) if "the real Fashion-MNIST" not in line]

    def assert_pictures(self, folder, names):
        self.assertEqual(sorted(p.name for p in folder.iterdir()),
                         sorted(f"{name}.{kind}" for name in names for kind in ("png", "svg")))
        for name in names:
            size = png_size(folder / f"{name}.png")
            root = xml.parse(folder / f"{name}.svg").getroot()
            self.assertTrue(root.tag.endswith("}svg"))
            self.assertEqual((int(root.get("width")), int(root.get("height"))), size)
            self.assertEqual(size, SIZES.get(name, size))

    def report(self, out):
        text = (out / "report.html").read_text()
        page = Page(text)
        self.assertIsNone(re.search(r"https?:|//|@import|url\(", re.sub(r"base64,[A-Za-z0-9+/=]*", "", text)))
        for tag, name, value in page.attributes:
            self.assertFalse(name.startswith("on"), (tag, name))
            if name in ("src", "href"):
                self.assertTrue(value.startswith("data:image/svg+xml;base64,"), value[:60])
                xml.fromstring(base64.b64decode(value.split(",", 1)[1]))
        self.assertFalse({"script", "link", "iframe"} & set(page.tags))
        return page

    def test_run(self):
        out, result = self.train("run-plots", "--epochs", "2", "--model", "plain", "--batch-size", "120", "--augment", "mirror",
                                 "--early-stop", "9", env=plotting())
        self.assert_code(result, 0)
        self.assertEqual(self.warnings(result), [])
        self.assert_pictures(out / "plots", RUN_PICTURES)
        page = self.report(out)
        self.assertEqual(page.tags.count("img"), len(RUN_PICTURES))
        words = " ".join(page.words)
        for word in [*LABELS, "macro average", "best epoch", "120 held-out images", "batch size", "learning rate", "cpu", "augmented", "mirror",
                     "early stop"]:
            self.assertIn(word, words)
        for row in (out / "history.csv").read_text().splitlines()[1:]:
            self.assertIn(f"{float(row.split(',')[1]):.4f}", words)
        # A replaced run leaves none of its pictures.
        (out / "plots" / "mine.txt").write_text("kept")
        _, result = self.quick("run-plots", "--overwrite", "--no-plots")
        self.assert_code(result, 0)
        self.assertEqual([p.name for p in (out / "plots").iterdir()], ["mine.txt"])
        self.assertFalse((out / "report.html").exists())

    def test_model_bytes(self):
        options = ("--epochs", "3", "--model", "plain", "--batch-size", "24")
        with_plots, result = self.train("with", *options, "--plots", env=plotting())
        self.assert_code(result, 0)
        without, result = self.train("without", *options, "--no-plots", env=plotting())
        self.assert_code(result, 0)
        stopped = self.folder / "stopped"
        with subprocess.Popen(command("sateen-train", "--data", self.data, "--out", stopped, *options, "--plots"),
                              env=plotting(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as training:
            for line in training.stderr:
                if line.startswith("epoch 1/3"):
                    training.send_signal(signal.SIGINT)
                    break
            training.communicate(timeout=60)
        self.assertIn(training.returncode, (0, 130))
        self.assertEqual(self.report(stopped).words.count("1"), 1)
        result = run("sateen-train", "--data", self.data, "--resume", stopped, "--plots", env=plotting())
        self.assert_code(result, 0)
        self.assertEqual(sorted(p.name for p in without.iterdir()), ["best.sateen", "history.csv", "last.sateen", "previous.sateen"])
        for name in ("best.sateen", "last.sateen"):
            for other in (with_plots, stopped):
                self.assertEqual((other / name).read_bytes(), (without / name).read_bytes(), other)

    def test_evaluate(self):
        folders = [self.folder / name for name in ("once", "twice")]
        for folder in folders:
            result = run("sateen-evaluate", "-m", self.model, "--data", self.data, "--plots-dir", folder)
            self.assert_code(result, 0)
            self.assertIn("accuracy", result.stdout)
        self.assert_pictures(folders[0], MODEL_PICTURES)
        for path in folders[0].iterdir():
            self.assertEqual(path.read_bytes(), (folders[1] / path.name).read_bytes(), path.name)
        blocked = self.folder / "blocked"
        blocked.write_text("")
        result = run("sateen-evaluate", "-m", self.model, "--data", self.data, "--plots-dir", blocked)
        self.assert_code(result, 5)
        self.assertIn("accuracy", result.stdout)

    def test_no_gnuplot(self):
        out, result = self.quick("none", PATH="/nowhere")
        self.assertIn("\npictures  none: gnuplot isn't on PATH (Debian: gnuplot-nox)\n", result.stderr)
        self.assert_code(result, 0)
        self.assertEqual(self.warnings(result), [])
        self.assertFalse((out / "plots").exists())
        page = self.report(out)
        self.assertEqual(page.tags.count("img"), 0)
        self.assertIn("Ankle boot", page.words)
        out, result = self.quick("asked", "--plots", PATH="/nowhere")
        self.assert_refused(result, 2, "--plots", "gnuplot-nox")
        self.assertFalse(out.exists())
        out, result = self.quick("asked", SATEEN_PLOTS="on", PATH="/nowhere")
        self.assert_refused(result, 2, "SATEEN_PLOTS: gnuplot isn't")
        result = run("sateen-evaluate", "-m", self.model, "--data", self.data, "--plots-dir", out,
                     env=environment(PATH="/nowhere"))
        self.assert_refused(result, 2, "--plots-dir", "gnuplot-nox")

    def test_both_asked(self):
        for both in (("--plots", "--no-plots"), ("--no-plots", "--plots")):
            _, result = self.quick("both", *both)
            self.assert_refused(result, 2, "was given twice")
        _, result = self.quick("word", SATEEN_PLOTS="maybe")
        self.assert_refused(result, 2, "maybe", "auto")
        for option, variable, lines in (("--plots", "off", ["plots = on"]), ("--no-plots", "on", ["plots = off"])):
            dumped = run("sateen-train", option, "--dump-config", env=plotting(SATEEN_PLOTS=variable))
            self.assertEqual(re.findall("^(?:no-)?plots = .*", dumped.stdout, re.MULTILINE), lines)
            config = self.folder / "plots.ini"
            config.write_text(dumped.stdout)
            again = run("sateen-train", "--config", config, "--dump-config", env=plotting())
            self.assertEqual(again.stdout, dumped.stdout)

    def test_gnuplot_that_fails(self):
        cases = {
            "fails": ("echo 'line 3: no such thing' >&2; exit 1", "no such thing"),
            "rubbish": ("cat >/dev/null; echo rubbish; echo rubbish >/dev/fd/3", "curves.png"),
            "killed": ("kill -9 $$", "signal 9"),
            "hangs": (f"sleep 100 & echo $$ $! >{self.folder}/sleepers; exec sleep 100", "SATEEN_PLOTS_SECONDS"),
        }
        for name, (script, words) in cases.items():
            with self.subTest(name):
                out, result = self.quick(name, PATH=self.fake("bin-" + name, script), SATEEN_PLOTS_SECONDS="1")
                self.assert_code(result, 0)
                warnings = self.warnings(result)
                self.assertEqual(len(warnings), 1, result.stderr)
                self.assertIn(words, warnings[0])
                self.assertFalse((out / "plots").exists())
                self.assertTrue((out / "best.sateen").exists())
                self.assertEqual(self.report(out).tags.count("img"), 0)
        for number in (self.folder / "sleepers").read_text().split():
            self.assert_ends(number)

    def assert_ends(self, number):
        for _ in range(400):
            try:
                if "Z" in pathlib.Path("/proc", number, "stat").read_text().split()[2]:
                    return
            except (FileNotFoundError, ProcessLookupError):
                return
            time.sleep(0.01)
        self.fail(f"process {number} is still there")

    def test_one_failure_is_no_end(self):
        # Of three drawings the first fails.
        path = self.fake("bin-once", f'[ -e {self.folder}/failed ] || {{ touch {self.folder}/failed; exit 1; }}\n'
                                     f'exec {GNUPLOT} "$@"')
        out, result = self.train("once-failed", "--epochs", "3", "--model", "plain", "--batch-size", "240",
                                 env=plotting(PATH=path))
        self.assert_code(result, 0)
        self.assertEqual(len(self.warnings(result)), 1, result.stderr)
        self.assert_pictures(out / "plots", RUN_PICTURES)
        self.assertEqual(self.report(out).tags.count("img"), len(RUN_PICTURES))

    def test_users_gnuplot_settings(self):
        out, result = self.quick("term", GNUTERM="nonsense", GNUPLOT_LIB="/nowhere")
        self.assert_code(result, 0)
        self.assertEqual(self.warnings(result), [])
        self.assert_pictures(out / "plots", RUN_PICTURES)
        self.assertIn(f"\n      {out}/report.html shows the run, {out}/plots has its pictures", result.stderr)

    def test_stop_at_the_end_and_again(self):
        mark = self.folder / "at-end"
        path = self.fake("bin-end", f"echo $$ >{mark}; exec sleep 100")
        out = self.folder / "end"
        arguments = ("--data", self.data, "--epochs", "1", "--model", "plain", "--batch-size", "240")
        with subprocess.Popen(command("sateen-train", *arguments, "--out", out), env=plotting(PATH=path),
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as training:
            while not (mark.exists() and mark.read_text().endswith("\n")):
                time.sleep(0.01)
            training.send_signal(signal.SIGINT)
            _, messages = training.communicate(timeout=60)
        self.assertEqual(training.returncode, 0)
        self.assertIn("--resume", messages)
        page = self.report(out)
        self.assertEqual(page.tags.count("img"), 0)
        self.assertIn("Ankle boot", page.words)
        models = [(out / name).read_bytes() for name in ("best.sateen", "last.sateen")]
        for _ in range(2):
            result = run("sateen-train", "--data", self.data, "--resume", out, env=plotting())
            self.assert_code(result, 0)
            self.assert_pictures(out / "plots", RUN_PICTURES)
            self.assertEqual(self.report(out).tags.count("img"), len(RUN_PICTURES))
        self.assertNotIn("shows the run", result.stderr)  # nothing was left to draw
        self.assertEqual(models, [(out / name).read_bytes() for name in ("best.sateen", "last.sateen")])

    def test_link_in_place_of_the_folder(self):
        others = self.folder / "others"
        others.mkdir()
        (others / "curves.png").write_text("not of a run")
        out = self.folder / "linked"
        out.mkdir()
        (out / "plots").symlink_to(others)
        _, result = self.quick("linked", "--overwrite", "--no-plots")
        self.assert_code(result, 0)
        self.assertEqual((others / "curves.png").read_text(), "not of a run")
        # What can't be removed is a warning.
        (out / "report.html").mkdir()
        (out / "report.html" / "mine").write_text("")
        _, result = self.quick("linked", "--overwrite", "--no-plots")
        self.assert_code(result, 0)
        self.assertIn("can't be removed", self.warnings(result)[0])

    def test_no_room(self):
        # A file lies where the folder has to be.
        folder = self.folder / "no-room"
        folder.mkdir()
        (folder / "plots").write_text("")
        out, result = self.quick("no-room", "--overwrite")
        self.assert_code(result, 0)
        self.assertEqual(len(self.warnings(result)), 1, result.stderr)
        self.assertIn("plots", self.warnings(result)[0])
        self.assertTrue((out / "best.sateen").exists())
        self.assertEqual(self.report(out).tags.count("img"), len(RUN_PICTURES))

    def test_stop_while_drawing(self):
        mark = self.folder / "drawing"
        path = self.fake("bin-stop", f"echo $$ >{mark}; exec sleep 100")
        out = self.folder / "stop"
        with subprocess.Popen(command("sateen-train", "--data", self.data, "--out", out, "--epochs", "100000", "--model",
                                      "plain", "--batch-size", "240"),
                              env=plotting(PATH=path), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True) as training:
            while not (mark.exists() and mark.read_text().endswith("\n")):
                time.sleep(0.01)
            training.send_signal(signal.SIGINT)
            time.sleep(0.4)
            training.send_signal(signal.SIGINT)  # this one leaves at once
            training.communicate(timeout=60)
        self.assertEqual(training.returncode, 130)
        self.assert_ends(mark.read_text().strip())

    def test_hostile_names(self):
        name = "<img src=x onerror=1> ' `touch pwned` \" & é"
        out, result = self.quick(name)
        self.assert_code(result, 0)
        self.assertFalse((pathlib.Path.cwd() / "pwned").exists() or (out / "pwned").exists())
        words = self.report(out).words
        self.assertIn("Training run " + name, words)
        self.assertNotIn(str(self.data), " ".join(words))
        self.assertNotIn("driver", words)
        self.assertEqual(self.report(out).tags.count("img"), len(RUN_PICTURES))

    def test_nothing_held_out(self):
        out, result = self.quick("all", "--val-split", "0")
        self.assert_code(result, 0)
        self.assert_pictures(out / "plots", RUN_PICTURES)
        self.assertIn("600 training images", " ".join(self.report(out).words))


if __name__ == "__main__":
    unittest.main()

"""What the long tests share: a folder with small data, and what came of a training."""

import csv
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402

SHIMS = pathlib.Path(os.environ.get("SATEEN_TEST_SHIMS", ""))
TIMING = ("seconds", "images_per_second")


class Bad(Exception):
    """What a row's outcome says."""


class Place:
    """A folder that is removed in the end, with a data set of so many images."""

    def __init__(self, images):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sateen-soak-"))
        self.data = self.folder / "data"
        harness.write_data(self.data, images)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def history(path):
    """The rows of a history without the times, which differ from run to run."""
    with open(path, newline="", encoding="ascii") as file:
        return [{name: value for name, value in row.items() if name not in TIMING} for row in csv.DictReader(file)]


def results(out):
    """Everything that a training left and that another run of it has to leave too, byte for byte."""
    try:
        return {"best.sateen": (out / "best.sateen").read_bytes(), "last.sateen": (out / "last.sateen").read_bytes(),
                "history.csv": history(out / "history.csv")}
    except FileNotFoundError as error:
        raise Bad(f"{pathlib.Path(error.filename).name} is missing") from error


def expect_code(result, code, what):
    if result.returncode != code:
        raise Bad(f"{what}: exit code {result.returncode}, not {code}: {result.stderr[-400:]}")

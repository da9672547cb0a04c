"""What the scripts of this folder have in common."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
# From the folder above, for all of these scripts.
# pylint: disable=wrong-import-position,unused-import
import rows as rows_of  # noqa: E402,F401


class Failed(Exception):
    """What can't be gone on with, in one line."""


def write_whole(path, text):
    """All of it or nothing, for another start takes what it finds as finished."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)

#!/usr/bin/env python3
"""The pictures of docs/tutorial.md: tests/tutorial/pictures.py out/tutorial

Takes them from the folder in which somebody followed the page, with fewer colours, so that each is small.
--photo makes the photo that the page classifies, of a test picture.
"""

import argparse
import pathlib
import random
import sys

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "docs" / "pictures" / "tutorial"
PHOTO_OF = 18
COLOURS = 64
# Name on the page: where it comes from.
DRAWN = {"images": "data/images.png", "plain-curves": "plain/plots/curves.png", "dropout-curves": "dropout/plots/curves.png",
         "confusion": "scores/confusion.png", "most-wrong": "scores/most-wrong.png"}


def small(picture):
    """Few colours, among them those of thin lines."""
    return picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def take(folder):
    for name, source in DRAWN.items():
        with Image.open(folder / source) as picture:
            small(picture).save(OUT / f"{name}.png", optimize=True)
    seen, = (folder / "seen").iterdir()
    with Image.open(seen) as picture:
        picture.resize((280, 280), Image.Resampling.NEAREST).save(OUT / "seen.png", optimize=True)


def make_photo():
    sys.path.insert(0, str(ROOT / "tests" / "photos"))
    import renderings  # pylint: disable=import-outside-toplevel
    rng = random.Random(PHOTO_OF)
    picture = renderings.in_colour(renderings.clean_pictures(PHOTO_OF + 1)[PHOTO_OF], rng, (120, 60, 60, 90))
    shade = renderings.light(picture.size, rng)
    picture = renderings.ImageChops.multiply(picture, Image.merge("RGB", [shade] * 3))
    picture.save(OUT / "photo.jpg", quality=85)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, help="out/tutorial, or wherever the page was followed")
    parser.add_argument("--photo", action="store_true", help="make the photo anew")
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    if arguments.photo:
        make_photo()
    if arguments.folder is not None:
        take(arguments.folder)


if __name__ == "__main__":
    main()

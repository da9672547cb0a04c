#!/usr/bin/env python3
"""How often sateen-predict says of a photo of a garment what it says of the clean picture: renderings.py has the photos.

tests/photos/measure.py --model out/quickstart/best.sateen [--images 100] [--renderings 12] [--keep FOLDER]

Prints a table; the exit code is 1 where a kind of photo is below --least, 95 %."""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import renderings

ROOT = pathlib.Path(__file__).resolve().parents[2]


def ask(program, model, files):
    """What the network says of each file, and how many it was unsure of."""
    names = "".join(f"{file}\n" for file in files)
    result = subprocess.run([program, "--backend", "cpu", "-m", model, "--format", "jsonl", "-k", "1", "-"], input=names,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(result.stderr)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    return [answer["predictions"][0]["index"] for answer in answers], [answer["unsure"] for answer in answers]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--program", default=ROOT / "build/release/bin/sateen-predict")
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--renderings", type=int, default=15, help="of each picture, beside the plain one")
    parser.add_argument("--keep", help="a folder for the photos; otherwise they are deleted")
    parser.add_argument("--least", type=float, default=95, help="the lowest share in percent that is good enough")
    parser.add_argument("--show-wrong", action="store_true", help="name the photos that are taken for something else")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(options.keep or made)
        folder.mkdir(parents=True, exist_ok=True)
        pictures = renderings.clean_pictures(options.images)
        clean = []
        photos = []
        for number, picture in enumerate(pictures):
            clean.append(folder / f"{number:05}-clean.png")
            picture.save(clean[-1])
            photos += [(number, *renderings.render(picture, number, turn, folder))
                       for turn in range(options.renderings + 1)]
        said_of_clean, _ = ask(options.program, options.model, clean)
        said, unsure = ask(options.program, options.model, [path for _, _, path in photos])
    total, same, doubted = collections.Counter(), collections.Counter(), collections.Counter()
    for (number, kind, path), index, doubts in zip(photos, said, unsure):
        total[kind] += 1
        same[kind] += index == said_of_clean[number]
        doubted[kind] += bool(doubts)
        if options.show_wrong and index != said_of_clean[number]:
            print(path.name, said_of_clean[number], "->", index, *doubts)
    print(f"{'photos':12} {'number':>6} {'as clean':>9} {'unsure':>7}")
    for kind in sorted(total):
        print(f"{kind:12} {total[kind]:6} {100 * same[kind] / total[kind]:7.1f} % {doubted[kind]:7}")
    return 0 if all(100 * same[kind] >= options.least * total[kind] for kind in total) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The table of scripts/coverage: branches taken, by group and file, from what llvm-cov exported."""
import csv
import json
import pathlib
import sys

LEAST = 95.0

# What each group is made of, as patterns of files in core.
GROUPS = {
    "container": ["src/io/container*", "src/io/json*", "src/io/model_*", "src/io/checkpoint*", "src/io/inspect*",
                  "src/io/bytes.hpp", "src/io/xxh3.hpp", "src/io/utf8*", "src/io/input_file*", "include/sateen/checked.hpp"],
    "save": ["src/io/safe_file*", "src/io/file_error*", "src/io/descriptor.hpp"],
    "IDX": ["src/data/*"],
    "image": ["src/io/image*", "src/io/picture*", "src/io/*_check.cpp", "src/io/pnm.cpp", "src/io/exif*",
              "src/io/sniff*", "src/io/stb*"],
    "plugins": ["src/runtime/plugin*", "src/runtime/registry*"],
}


def group_of(path):
    for group, patterns in GROUPS.items():
        if any(path.match("core/" + pattern) for pattern in patterns):
            return group
    return None


def ways_by_file(exported, root):
    """path -> (line, column, way) -> how often, of every branch. A file may be there under several names, and a branch in
    several instances of a template: what they did is added up."""
    files = {}
    for file in exported["data"][0]["files"]:
        path = pathlib.Path(file["filename"]).resolve()
        if not path.is_relative_to(root):
            continue
        ways = files.setdefault(path.relative_to(root), {})
        text = path.read_text(encoding="utf-8").splitlines()
        for line, column, end_line, end, taken, passed, *_ in file["branches"]:
            if line == end_line and text[line - 1][column - 1:end - 1] == "true":
                continue  # while (true): no branch
            for way, count in (("true", taken), ("false", passed)):
                ways[line, column, way] = ways.get((line, column, way), 0) + count
    return files


def percent(covered, of):
    return 100.0 * covered / of if of else 100.0


def main():
    tree = pathlib.Path(sys.argv[1])
    root = pathlib.Path(__file__).resolve().parents[2]
    exported = json.loads((tree / "coverage.json").read_text(encoding="utf-8"))
    files = {group: [] for group in GROUPS}
    with open(tree / "branches.csv", "w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["group", "file", "line", "column", "way", "count"])
        for path, ways in sorted(ways_by_file(exported, root).items()):
            group = group_of(path)
            if group is None or not ways:
                continue
            files[group].append((str(path), sum(count > 0 for count in ways.values()), len(ways)))
            for (line, column, way), count in sorted(ways.items()):
                rows.writerow([group, path, line, column, way, count])

    low = []
    with open(tree / "coverage.csv", "w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["group", "file", "covered", "branches", "percent"])
        for group, entries in files.items():
            covered, of = (sum(entry[i] for entry in entries) for i in (1, 2))
            print(f"{group:44}{covered:6} of {of:4} {percent(covered, of):6.1f} %")
            for path, taken, branches in sorted(entries):
                print(f"  {path:42}{taken:6} of {branches:4} {percent(taken, branches):6.1f} %")
                rows.writerow([group, path, taken, branches, f"{percent(taken, branches):.2f}"])
            if of == 0 or percent(covered, of) < LEAST:
                low.append(group)
    if low:
        sys.exit(f"coverage: under {LEAST:g} %: {', '.join(low)}; {tree / 'branches.csv'} has what was not taken: count 0")


if __name__ == "__main__":
    main()

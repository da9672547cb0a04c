"""Every build of the opencl backend by compilers for GPUs that are not here:
    python3 -B compile_kernels.py --builds build/release/bin/sateen-opencl-builds [--more] [--rows FOLDER] FAMILY…
Exit code 0 where all is well, 1 where there is a finding, 77 where the compilers are not there."""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import sys
import tempfile
import time

import builds
import compilers
import gates


def compile_all(family, listed, more=False):
    """The rows of all builds on the targets of a family."""
    listed = [build for build in listed if build.kind == "gpu" or not family.gpus]
    jobs = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        names = list(pool.map(builds.kernel_names, listed))
        groups = list(pool.map(builds.required_groups, listed))
        for target in family.targets + (family.more if more else ()):
            seen = set()
            for i, build in enumerate(listed):
                # The lint leaves options of the code generator out, and then some builds are the same.
                same = (build.path, tuple(o for o in build.options if not o.startswith("-cl-")))
                if isinstance(target, compilers.Lint) and same in seen:
                    continue
                seen.add(same)
                jobs.append(pool.submit(gates.judge, build, target, names[i], groups[i]))
        return [row for job in jobs for row in job.result()]


def table(rows):
    """A line for each target, and for each finding."""
    lines = [f"{'target':30} {'builds':>6} {'kernels':>7} {'registers':>9} {'local':>6} {'spills':>6}  result"]
    of_target = collections.defaultdict(list)
    for row in rows:
        of_target[row["target"]].append(row)
    for target, its in of_target.items():
        made = len({(row["file"], row["options"]) for row in its})
        kernels = len({(row["file"], row["kernel"]) for row in its if row["kernel"]})
        most = [max((row.get(key, 0) for row in its), default=0) for key in ("registers", "local_bytes", "spills")]
        shown = "" if most[0] == 0 else f"{most[0]:9} {most[1]:6} {most[2]:6}"
        failed = sum(bool(row["findings"]) for row in its)
        lines.append(f"{target:30} {made:6} {kernels or '':>7} {shown:23}  {'pass' if failed == 0 else f'FAIL: {failed}'}")
    # A finding is told once, with the first build that has it.
    told = {}
    for row in rows:
        for finding in row["findings"]:
            told.setdefault((row["file"], row["kernel"], finding), []).append(row)
    for (file, kernel, finding), its in told.items():
        first = its[0]
        more = f" and {len(its) - 1} more" if len(its) > 1 else ""
        lines.append(f"{file} {kernel} ({first['target']}, {first['options']}{more}): {finding}")
    return "\n".join(lines)


def write_rows(rows, folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--builds", required=True, type=pathlib.Path, help="the program sateen-opencl-builds")
    parser.add_argument("--more", action="store_true", help="for more chips, and all tiles of the kernels for GPUs")
    parser.add_argument("--rows", type=pathlib.Path, help="a folder for the raw rows")
    parser.add_argument("family", nargs="+", choices=compilers.FAMILIES)
    arguments = parser.parse_args()
    code = 0
    for name in arguments.family:
        family = compilers.FAMILIES[name]
        reason = compilers.missing(family)
        if reason is not None:
            print(f"{name} is skipped: {reason}")
            code = code or 77
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="sateen-kernels-") as folder:
            listed = builds.list_builds(arguments.builds, pathlib.Path(folder))
            if not arguments.more:  # of the tiles the largest, and the one that is for every shape
                listed = [build for build in listed if "-DTM=64" not in build.options]
            rows = compile_all(family, listed, arguments.more)
        if arguments.rows:
            write_rows(rows, arguments.rows, name)
        print(f"{name}: {family.targets[0].version()}; {time.monotonic() - begun:.0f} s")
        print(table(rows))
        if not rows or any(row["findings"] for row in rows):
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())

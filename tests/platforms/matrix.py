"""The table of platforms: every row that scripts/platforms has set up, run or compiled.
    python3 -B matrix.py [--again] [--only WORD] [--docs]
A row that passed is kept in build/platforms/rows until the sources of the library, its kernels or its tests change. Exit
code 1 where a row fails."""

import argparse
import datetime
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Callable, NamedTuple

import builds
import compile_kernels
import compilers
import kernel_table
import runtimes
from runtimes import PLACE, ROOT

SOURCES = ("kernels", "backends/opencl", "backends/sdk", "core", "apps", "tests/conformance", "tests/oracle",
           "tests/oclgrind", "tests/platforms", "cmake", "scripts", "CMakeLists.txt")
DOCS = ROOT / "docs/platforms.md"
BEGIN, END = "<!-- begin: made by scripts/platforms -->", "<!-- end -->"


class Row(NamedTuple):
    name: str  # as a file's
    title: str
    what: str
    ran: bool  # or only compiled
    work: Callable  # gives the words of the table, raises runtimes.Failed
    missing: object = None  # the reason why it can't be done


def state_of_sources():
    """One number for everything that a row's result depends on in this tree."""
    files = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", *SOURCES], cwd=ROOT, stdout=subprocess.PIPE,
                           encoding="utf-8", timeout=60, check=True).stdout.splitlines()
    digest = hashlib.sha256()
    for file in sorted(files):
        if (ROOT / file).is_file():
            digest.update(file.encode() + b"\0" + (ROOT / file).read_bytes() + b"\0")
    return digest.hexdigest()


def compiled(name, family):
    with tempfile.TemporaryDirectory(prefix="sateen-kernels-") as folder:
        listed = builds.list_builds(runtimes.BIN / "sateen-opencl-builds", pathlib.Path(folder))
        rows = compile_kernels.compile_all(family, listed)
    compile_kernels.write_rows(rows, PLACE / "kernels", name)
    print(compile_kernels.table(rows))
    failed = [row for row in rows if row["findings"]]
    if failed or not rows:
        first = f"; the first: {failed[0]['file']} {failed[0]['kernel']}: {failed[0]['findings'][0][:200]}" if failed else ""
        raise runtimes.Failed(f"{len(failed)} findings{first}")
    words = f"{len({(row['target'], row['file'], row['options']) for row in rows})} builds"
    kernels = len({(row["file"], row["kernel"]) for row in rows if row["kernel"]})
    if kernels:
        words += f" of {kernels} kernels"
    if "registers" in rows[0] and family.gpus:
        most = max(rows, key=lambda row: row["registers"])
        words += (f"; no spill, local memory {max(row['local_bytes'] for row in rows)} bytes, "
                  f"at most {most['registers']} registers")
    return words


def all_rows():
    rows = []
    for runtime in runtimes.RUNTIMES:
        missing = runtime.missing()
        for kernels in ("auto", "gpu"):
            title = "conformance" if kernels == "auto" else "conformance, kernels=gpu"
            rows.append(Row(f"{runtime.name}-{kernels}", runtime.title, title, True,
                            lambda runtime=runtime, kernels=kernels: runtimes.conformance(runtime, kernels), missing))
        rows.append(Row(f"{runtime.name}-training", runtime.title, "training, one short epoch", True,
                        lambda runtime=runtime: runtimes.training(runtime), missing))
    rows.append(Row("oclgrind", "Oclgrind 21.10", "races, bounds, uninitialised values", True,
                    lambda: runtimes.unit_tests("oclgrind", "test_oclgrind",
                                                "small cases of every kernel, and mistakes that are found"),
                    compilers.absent("oclgrind")))
    titles = {"amd": "AMD {}", "nvidia": "NVIDIA {}", "intel": "Intel {}"}
    for name, title in titles.items():
        family = compilers.FAMILIES[name]
        for target in family.targets + family.more:
            one = family._replace(targets=(target,), more=())
            rows.append(Row(target.name, title.format(target.name), "compiled, linked or assembled", False,
                            lambda one=one, target=target: compiled(target.name, one), compilers.missing(one)))
    for name, title, what in (("spirv", "SPIR-V", "compiled, validated"),
                              ("lint", "clang's lint", "OpenCL C 1.2, 2.0, 3.0; 32 and 64 bits; no and all extensions")):
        family = compilers.FAMILIES[name]
        rows.append(Row(name, title, what, False, lambda name=name, family=family: compiled(name, family),
                        compilers.missing(family)))
    rows.append(Row("mistakes", "The gates themselves", "kernels with a mistake each", False,
                    lambda: runtimes.unit_tests("platforms", "test_mistakes", "each mistake is found by its gate"),
                    next(filter(None, map(compilers.missing, compilers.FAMILIES.values())), None)))
    return rows


def do(row, state):
    """The finished row, as it is kept."""
    begun = time.monotonic()
    result, words = "not available", row.missing
    if row.missing is None:
        try:
            result, words = "pass", row.work()
        except runtimes.Failed as error:
            result, words = "FAIL", str(error)
        except Exception as error:  # whatever it is, the other rows and the table come
            result, words = "FAIL", f"{type(error).__name__}: {error}"
    return {"name": row.name, "title": row.title, "what": row.what, "ran": row.ran, "result": result, "words": words,
            "seconds": round(time.monotonic() - begun), "date": datetime.date.today().isoformat(), "state": state}


def kept(row, state):
    """The row as it was finished before, where it still holds: nothing is missing now, and nothing has changed."""
    if row.missing is not None:
        return None
    try:
        found = json.loads((PLACE / "rows" / f"{row.name}.json").read_text(encoding="utf-8"))
        return found if found["state"] == state and found["result"] == "pass" else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def markdown(done):
    lines = [f"Of {max(row['date'] for row in done)}; {summary(done)}.", ""]
    for ran, title in ((True, "What was run"), (False, "What was only compiled")):
        lines += [f"### {title}", "", "| platform | what | result | |", "|---|---|---|---|"]
        for row in done:
            if row["ran"] == ran:
                words = row["words"].replace("|", "\\|").replace("\n", " ")[:260]
                lines.append(f"| {row['title']} | {row['what']} | {row['result']} | {words} |")
        lines.append("")
    targets = [target.name for name in ("amd", "nvidia", "intel") for target in compilers.FAMILIES[name].targets]
    lines += ["### Registers of a work-item (Intel: of a thread)", "",
              "Of all builds for GPUs the most; local memory and spills are named where there are any.", "",
              *kernel_table.per_kernel(PLACE / "kernels", targets), ""]
    return "\n".join(lines)


def summary(done):
    count = {result: sum(row["result"] == result for row in done) for result in ("pass", "FAIL", "not available")}
    return (f"{len(done)} rows: {count['pass']} pass, {count['FAIL']} fail, "
            f"{count['not available']} not available")


def update_docs(table):
    text = DOCS.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    DOCS.write_text(f"{before}{BEGIN}\n{table}{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--again", action="store_true", help="do finished rows again")
    parser.add_argument("--only", metavar="WORD", default="", help="rows with this in their name alone")
    parser.add_argument("--docs", action="store_true", help="put the table into docs/platforms.md")
    arguments = parser.parse_args()
    if arguments.docs and arguments.only:
        parser.error("--docs takes all rows")
    state = state_of_sources()
    done = []
    (PLACE / "rows").mkdir(parents=True, exist_ok=True)
    for row in all_rows():
        if arguments.only not in row.name:
            continue
        found = None if arguments.again else kept(row, state)
        if found is None:
            print(f"\n-- {row.title}: {row.what}", flush=True)
            found = do(row, state)
            new = PLACE / "rows" / f"{row.name}.new"
            new.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            new.replace(PLACE / "rows" / f"{row.name}.json")
            print(f"{found['result']}, {found['seconds']} s: {found['words']}", flush=True)
        done.append(found)
    print()
    for row in done:
        print(f"{row['title']:32} {row['what'][:36]:36} {row['result']:13} {row['seconds']:4} s  {row['words'][:150]}")
    print(f"\n{summary(done)}")
    if arguments.docs:
        update_docs(markdown(done))
    return 1 if not done or any(row["result"] == "FAIL" for row in done) else 0


if __name__ == "__main__":
    sys.exit(main())

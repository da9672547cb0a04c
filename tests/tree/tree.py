"""What holds of the tree itself, whatever is built from it: who includes whom, that a file says what it is for, how long it may be.

    tree.py    says what is wrong, a line each; exit code 1 where anything is"""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARCHITECTURE = pathlib.Path("docs") / "architecture.md"
MOST_LINES = 400
# What is made and not written, and licences.
NOT_READ = {".svg", ".png", ".jpg", ".golden", ".csv", ".abi", ".constants", ".sateen", ".json", ".pyc"}
C_LIKE = {".cpp", ".hpp", ".c", ".h", ".inc", ".cl", ".clh"}
# Templates whose first line is the made file's.
MADE_OTHERWISE = {"sateen.pc.in", "changelog.in", "shlibs.in"}
BACKENDS = "backends"
CONTRACT = "sateen/backend.h"
# Whose files include by name what: the folder, and where else they may find it. A backend is a folder of its own.
BORDERS = {
    "core/include": ("core/include",),
    "core/src": ("core/src", "core/include"),
    "backends": ("backends/sdk/include", CONTRACT),
    "apps/conformance": ("apps", "core/include", "tests/conformance"),
    "apps": ("apps", "core/include", "distributed/include"),
    "distributed": ("core/include", "distributed/include"),
    "tests/oracle": (),
}
# In the build tree.
MADE_BY_CMAKE = {"embedded_files.hpp", "revision.hpp"}


def files_of(root):
    """What a clone has: nothing of builds, outputs and hidden folders."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if parts[0] in ("build", "out") or any(part.startswith(".") or part == "__pycache__" for part in parts):
            continue
        if path.is_file():
            yield path.relative_to(root)


def text_of(root, path):
    return (root / path).read_text(encoding="utf-8")


def code_of(text):
    """C or C++ without comments."""
    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", lambda m: m[0] if m[0][0] == '"' else " ", text, flags=re.DOTALL)


def is_code(path):
    return path.suffix in C_LIKE or path.name.endswith(".cpp.in")


# ---- who includes whom


def check_includes(root, files):
    for path in files:
        border = next((folder for folder in BORDERS if path.is_relative_to(folder)), None)
        if border is None or not is_code(path):
            continue
        own = pathlib.Path(*path.parts[:2]) if border == BACKENDS else pathlib.Path(border)
        for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text_of(root, path), re.MULTILINE):
            beside = pathlib.Path(os.path.normpath(path.parent / name))
            places = [beside if beside.is_relative_to(own) else None, own / name,
                      *(pathlib.Path(where) / name for where in BORDERS[border])]
            if name in MADE_BY_CMAKE or (name == CONTRACT and CONTRACT in BORDERS[border]):
                continue
            if not any(place is not None and (root / place).is_file() for place in places):
                yield f'{path}: includes "{name}", which is not for {own}'


def check_core_names_no_backend(root, files):
    names = sorted(path.name for path in (root / BACKENDS).iterdir() if path.is_dir() and path.name != "sdk")
    word = re.compile(rf"(?<![a-z])({'|'.join(names)})(?![a-z])", re.IGNORECASE)
    for path in files:
        if path.parts[0] != "core" or not is_code(path):
            continue
        for number, line in enumerate(code_of(text_of(root, path)).splitlines(), 1):
            line = re.sub(r"\b(SATEEN_DEVICE_CPU|cpu_set_t|CPU_[A-Z]+)\b", "", line)  # a kind of device, the system's words
            if word.search(line):
                yield f"{path}:{number}: names the backend {word.search(line)[1]}"
            if re.search(r"#\s*include.*(\bCL/|OpenCL/|backends/)", line):
                yield f"{path}:{number}: includes what only a backend may"


def check_exports(root, files):
    """What a public header declares is to be visible in the shared library."""
    for path in files:
        if path.match("core/include/sateen/*.hpp") and path.name != "export.hpp":
            if "\nnamespace SATEEN_PUBLIC sateen {\n" not in text_of(root, path):
                yield f'{path}: has no "namespace SATEEN_PUBLIC sateen"'


# ---- what a file says of itself


def first_comment(path, text):
    """The words of the comment that the file opens with; "" where it opens with something else."""
    lines = text.splitlines()
    while lines and lines[0].startswith(("#!", "# shellcheck ")):
        lines = lines[1:]
    text = "\n".join(lines)
    if is_code(path):
        opening = re.match(r"//+[!/]?(.*)|/\*+(?:\s*@file)?(.*?)\*/", text, re.DOTALL)
        return (opening[1] or opening[2] or "").strip() if opening else ""
    if text.startswith('"""'):
        return text[3:].split('"""', 1)[0].strip()
    opening = re.match(r"#+\s*(.+)|/\*(.*?)\*/", text)
    return (opening[1] or opening[2]).strip() if opening else ""


def has_purpose(root, path):
    scripts = ("CMakeLists.txt", "Doxyfile.in")
    starts_as_script = path.suffix == "" and text_of(root, path).startswith("#!")
    return path.name not in MADE_OTHERWISE and (
        is_code(path) or path.suffix in (".py", ".sh", ".cmake", ".in", ".map", ".supp") or path.name in scripts or starts_as_script)


def check_purpose(root, files):
    for path in files:
        if path.suffix not in NOT_READ and has_purpose(root, path) and len(first_comment(path, text_of(root, path)).split()) < 3:
            yield f"{path}: does not open with what it is for"


def long_files(architecture):
    """The files that the page lets be long, each with a reason: lines of the list below "Long files"."""
    _, _, rest = architecture.partition("\n## Long files\n")
    return dict(re.findall(r"^- `([^`]+)`: (\S.*)$", rest.split("\n## ")[0], re.MULTILINE))


def check_lengths(root, files):
    allowed = long_files(text_of(root, ARCHITECTURE))
    for path in files:
        if path.suffix in NOT_READ:
            continue
        lines = text_of(root, path).count("\n")
        if lines > MOST_LINES and str(path) not in allowed:
            yield f"{path}: {lines} lines; split it, or give a reason in {ARCHITECTURE} below \"Long files\""
        if lines <= MOST_LINES and str(path) in allowed:
            yield f"{path}: {lines} lines, so {ARCHITECTURE} need not list it"
    for name in sorted(set(allowed) - {str(path) for path in files}):
        yield f"{ARCHITECTURE}: {name} is not there"


# ---- what belongs to something


def check_kernels(root, files):
    """Each kernel file is named by the backend that uses it, or included by another one."""
    texts = [text_of(root, path) for path in files if is_code(path) and path.parts[0] in (BACKENDS, "kernels")]
    for path in files:
        if path.parts[0] == "kernels" and not any(f'"{path.name}"' in text for text in texts):
            yield f"{path}: nobody uses it"


def check_folders(root, files):
    """The page has each folder of the first two levels, and of core's sources; what it has is there. A backend is added by its
    folder alone, so these need no row."""
    page = text_of(root, ARCHITECTURE)
    named = {name.rstrip("/") for row in re.findall(r"^\|.*\|$", page, re.MULTILINE) for name in re.findall(r"`([\w./-]+)`", row)}
    there = set()
    for path in files:
        deepest = 3 if path.parts[:2] == ("core", "src") else 1 if path.parts[0] == BACKENDS else 2
        for depth in range(1, deepest + 1):
            if depth < len(path.parts):
                there.add("/".join(path.parts[:depth]))
    # Where one below is named, so is the folder.
    named |= {str(parent) for name in named for parent in pathlib.Path(name).parents}
    for folder in sorted(there - named):
        yield f"{ARCHITECTURE}: the folder {folder} is missing in its tables"
    for folder in re.findall(r"^\| `([\w./-]+)/` \|", page, re.MULTILINE):
        if not (root / folder).is_dir():
            yield f"{ARCHITECTURE}: there is no folder {folder}"


def check_version(root, files):
    """The version stands in CMakeLists.txt alone, but where tests hold it against files; what has the major one in its name follows."""
    found = re.search(r"^project\(\w+ VERSION ((\d+)\.\d+\.\d+)", text_of(root, "CMakeLists.txt"), re.MULTILINE)
    if found is None:
        yield "CMakeLists.txt: has no project(… VERSION A.B.C …)"
        return
    version, major = found.groups()
    for path in files:
        if path.parts[0] == "tests" or str(path) == "CMakeLists.txt" or path.suffix in NOT_READ:
            continue
        named = re.match(r"libsateen(\d+)\.", path.name)
        if named and named[1] != major:
            yield f"{path}: is named after version {named[1]}, and this is {version}"
        if (is_code(path) and f'"{version}"' in code_of(text_of(root, path))) or (
                path.suffix in (".cmake", ".in") or path.name == "CMakeLists.txt") and version in text_of(root, path):
            yield f"{path}: has the version, which is CMakeLists.txt's to say"


CHECKS = (check_includes, check_core_names_no_backend, check_exports, check_purpose, check_lengths, check_kernels, check_folders,
          check_version)


def findings(root):
    files = list(files_of(root))
    return [line for check in CHECKS for line in check(root, files)]


if __name__ == "__main__":
    wrong = findings(ROOT)
    print("\n".join(wrong) or "the tree is as docs/architecture.md says")
    sys.exit(1 if wrong else 0)

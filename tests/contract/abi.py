"""The contract with backends as a compiler laid it out, held against what is recorded for its major version.

    abi.py check     says what changed; exit code 1 where anything did, 77 where a compiler or libabigail's tools are missing
    abi.py record    writes the record anew, unless a change needs a new major version
    abi.py layout    prints assertions of the recorded layout, for the compilers of C and of C++

Two files are the record: backend-N.abi, libabigail's description of a library that uses every type, and
backend-N.constants, what the preprocessor knows. docs/backends.md says which change is which."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).parent
INCLUDE = HERE.parent.parent / "core" / "include"
HEADER = pathlib.Path("sateen") / "backend.h"
# Elements of a graph's arrays, which are …_stride bytes apart.
STRIDED = ("sateen_storage", "sateen_tensor", "sateen_op")
# What the header's lists are recorded as.
ATTRIBUTES_OF = "attributes of "
FIELDS_OF = "fields of "
# A structure whose second field begins at the alignment of the type that it is named after.
ALIGNMENT_OF = "alignment_of_"


def run(*command):
    """What the command prints; its own words as the exception where it fails."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{command[0]}: {result.stderr.strip()}")
    return result.stdout


def compiler():
    return os.environ.get("CC", "cc")


def constants(include, folder):
    """What the header defines, by name: numbers, texts, and its lists: the row of each operation, its attributes, and the
    order in which their fields are listed."""
    source = folder / "constants.c"
    source.write_text(f'#include "{HEADER}"\n#define ROW(constant, ...) @row constant = __VA_ARGS__@\nSATEEN_FOR_EACH_OP(ROW)\n'
                      f"#define ATTRS(constant, structure) @row {ATTRIBUTES_OF}constant = structure@\nSATEEN_FOR_EACH_ATTRS(ATTRS)\n"
                      "#define FIELD(structure, name) @field structure = name@\nSATEEN_FOR_EACH_ATTR_FIELD(FIELD)\n")
    defined = run(compiler(), "-I", include, "-E", "-dM", source)
    names = re.findall(r"^#define (SATEEN_\w+) (\S.*)$", defined, re.MULTILINE)
    text = run(compiler(), "-I", include, "-E", "-P", source)
    values = {name: " ".join(value.split()) for name, value in names + re.findall(r"@row ([\w ]+) = ([^@]*)@", text)}
    for structure, field in re.findall(r"@field (\w+) = (\w+)@", text):
        listed = FIELDS_OF + structure
        values[listed] = f"{values[listed]} {field}" if listed in values else field
    return values


def description(include, folder):
    """abidw's description of a library that uses each type of the header."""
    text = (include / HEADER).read_text(encoding="utf-8")
    structures = re.findall(r"^\}.* (sateen_\w+);", text, re.MULTILINE)
    types = structures + re.findall(r"^typedef .*\(\*(\w+)\)\(", text, re.MULTILINE)
    types += [f"struct {ALIGNMENT_OF}{name}" for name in structures]
    source = folder / "contract.c"
    source.write_text(f'#include "{HEADER}"\n' +
                      "".join(f"struct {ALIGNMENT_OF}{name} {{ char first; {name} it; }};\n" for name in structures) +
                      "".join(f"void use_{name.split()[-1]}({name}* it) {{ (void)it; }}\n" for name in types))
    library = folder / "contract.so"
    run(compiler(), "-std=c11", "-g", "-O0", "-shared", "-fPIC", "-I", include, "-o", library, source)
    made = run("abidw", "--no-comp-dir-path", "--no-corpus-path", "--no-show-locs", library)
    return re.sub(r" path='[^']*'", " path='contract.c'", made)


class Contract:
    """One state of the contract: constants, and structures with their fields and alignment."""

    def __init__(self, abi, values):
        self.abi = abi
        self.values = values
        tree = xml.etree.ElementTree.fromstring(abi)
        self._by_id = {node.get("id"): node for node in tree.iter() if node.get("id")}
        self.structures = {}
        self.functions = {}
        for node in tree.iter("typedef-decl"):
            target = self._by_id[node.get("type-id")]
            if target.tag == "class-decl" and target.get("is-declaration-only") != "yes":
                self.structures[node.get("name")] = (int(target.get("size-in-bits")) // 8, self._fields(target))
            elif target.tag == "pointer-type-def":
                self.functions[node.get("name")] = self._words(target)
        self.alignments = {node.get("name")[len(ALIGNMENT_OF):]: self._fields(node)[1][1] for node in tree.iter("class-decl")
                           if node.get("name").startswith(ALIGNMENT_OF)}

    def _fields(self, node):
        """(name, byte that it begins at, type) of each."""
        found = []
        for member in node.findall("data-member"):
            field = member.find("var-decl")
            found.append((field.get("name"), int(member.get("layout-offset-in-bits")) // 8,
                          self._words(self._by_id[field.get("type-id")])))
        return found

    def _words(self, node):
        """A type as text, down to what the compiler calls it and its bits: a name for it says nothing of its layout.
        Nothing depends on the numbers of a description."""
        def of(part):
            return "..." if part.get("is-variadic") == "yes" else self._words(self._by_id[part.get("type-id")])
        if node.tag == "typedef-decl":
            return of(node)
        if node.tag == "type-decl" and node.get("size-in-bits"):
            return f"{node.get('name')}/{node.get('size-in-bits')}"
        if node.tag == "pointer-type-def":
            return of(node) + "*"
        if node.tag == "qualified-type-def":
            return of(node) + "".join(f" {word}" for word in ("const", "volatile", "restrict") if node.get(word) == "yes")
        if node.tag == "array-type-def":
            return of(node) + "".join(f"[{part.get('length')}]" for part in node.findall("subrange"))
        if node.tag == "function-type":
            return f"{of(node.find('return'))} ({', '.join(of(part) for part in node.findall('parameter'))})"
        return node.get("name")

    def version(self):
        return tuple(int(self.values[f"SATEEN_ABI_{part}"].rstrip("u")) for part in ("MAJOR", "MINOR"))


def read_header(include):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        return Contract(description(include, folder), constants(include, folder))


def record_paths(major, folder=HERE):
    return folder / f"backend-{major}.abi", folder / f"backend-{major}.constants"


def read_record(major, folder=HERE):
    """None where there is none."""
    abi, values = record_paths(major, folder)
    if not abi.exists() or not values.exists():
        return None
    lines = (line.split(" = ", 1) for line in values.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return Contract(abi.read_text(encoding="utf-8"), dict(lines))


def may_grow(name, fields):
    """A reader knows how long such a structure is."""
    return fields[0][0] == "struct_size" or name in STRIDED or name.endswith("_attrs")


def compare_structure(name, old, new):
    """(additions, breaks) between two states of a structure."""
    (old_size, before), (new_size, after) = old, new
    additions, breaks = [], []
    for place, (field, at, kind) in enumerate(before):
        now = next((f for f in after if f[0] == field), None)
        named = after[place] if place < len(after) else None
        if now is None and field == "reserved" and named is not None and named[1:] == (at, kind):
            additions.append(f"{name}.reserved is {named[0]} now")
        elif now is None:
            breaks.append(f"{name}.{field} is gone")
        elif now[1] != at:
            breaks.append(f"{name}.{field} moved from byte {at} to {now[1]}")
        elif now[2] != kind:
            breaks.append(f"{name}.{field} was {kind} and is {now[2]}")
    for field, at, kind in after[len(before):]:
        if at < old_size:
            breaks.append(f"{name}.{field} lies at byte {at}, where older readers have padding or another field")
        elif may_grow(name, before):
            additions.append(f"{name}.{field}, {kind}, at the end")
        else:
            breaks.append(f"{name}.{field} is new, and nobody can tell how long a {name} is")
    if new_size != old_size and len(after) == len(before) and not breaks:
        breaks.append(f"{name} had {old_size} bytes and has {new_size}")
    return additions, breaks


def only_grew(name, old, new):
    """Whether a list of fields has more at its end, or names for what was reserved."""
    before, after = old.split(), new.split()
    return name.startswith(FIELDS_OF) and len(after) >= len(before) and all(b in (a, "reserved") for a, b in zip(after, before))


def compare_values(old, new):
    """(additions, breaks) between two states of what the header defines."""
    additions, breaks = [], []
    for name, value in old.items():
        if name in ("SATEEN_ABI_MAJOR", "SATEEN_ABI_MINOR") or new.get(name) == value:
            continue
        if name not in new:
            breaks.append(f"{name} is gone")
        else:
            kind = additions if only_grew(name, value, new[name]) else breaks
            kind.append(f"{name} was {value} and is {new[name]}")
    for name, value in new.items():
        if name.startswith(ATTRIBUTES_OF) and name not in old and name[len(ATTRIBUTES_OF):] in old:
            breaks.append(f"{name} are {value}, and there were none")  # whom nobody told would pass them over
        elif name not in old:
            additions.append(f"{name}, {value}")
    return additions, breaks


def judge(old, new):
    """(additions, breaks): what only adds, and what those who were built with the old contract could not bear."""
    additions, breaks = compare_values(old.values, new.values)
    explained = []
    for name, structure in old.structures.items():
        if name not in new.structures:
            breaks.append(f"{name} is gone")
            continue
        more, wrong = compare_structure(name, structure, new.structures[name])
        alignments = [contract.alignments.get(name) for contract in (old, new)]
        if alignments[0] != alignments[1]:
            wrong.append(f"{name} was aligned to {alignments[0]} bytes and is to {alignments[1]}")
        additions += more
        breaks += wrong
        explained += [name] * bool(more)
    for name, words in old.functions.items():
        if new.functions.get(name) != words:
            breaks.append(f"{name} was {words} and is {new.functions.get(name, 'gone')}")
    for kind in ("structures", "functions"):
        additions += [name for name in getattr(new, kind) if name not in getattr(old, kind)]
    if not breaks:
        breaks += seen_by_abidiff(old, new, explained)
    return additions, breaks


def seen_by_abidiff(old, new, explained):
    """A second opinion on all but the structures whose changes the rules above have explained, and what is new."""
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "explained"
        rules.write_text("".join(f"[suppress_type]\nname = {prefix}{name}\n" for name in explained for prefix in ("", ALIGNMENT_OF)))
        paths = [pathlib.Path(folder) / name for name in ("recorded.abi", "now.abi")]
        for path, contract in zip(paths, (old, new)):
            path.write_text(contract.abi, encoding="utf-8")
        result = subprocess.run(["abidiff", "--harmless", "--no-show-locs", "--no-added-syms", "--suppressions", rules, *paths],
                                capture_output=True, text=True, check=False)
    return [] if result.returncode == 0 else [f"abidiff says: {result.stdout.strip() or result.stderr.strip()}"]


def verdict(old, new):
    """Lines for people; none where the contract is as recorded. And whether it may be recorded so."""
    if old is None:
        return ["there is no record of this major version yet; scripts/record-contract writes it"], True
    additions, breaks = judge(old, new)
    lines = [f"BREAKS  {line}" for line in breaks] + [f"adds    {line}" for line in additions]
    (major, before), (_, now) = old.version(), new.version()
    if breaks:
        lines.append(f"plugins and programs built with version {major} could not bear this: take it back, or raise SATEEN_ABI_MAJOR")
        return lines, False
    if now < before or (additions and now == before):
        lines.append(f"SATEEN_ABI_MINOR is {now}; it has to be higher than the recorded {before}" if additions else
                     f"SATEEN_ABI_MINOR is {now}, and {before} is recorded")
        return lines, False
    if additions or now != before:
        lines.append("nothing breaks; scripts/record-contract takes it into the record")
    return lines, True


def write_record(new, folder=HERE):
    """Writes the two files; those of another major version go."""
    for path in folder.glob("backend-*.*"):
        path.unlink()
    abi, values = record_paths(new.version()[0], folder)
    abi.write_text(new.abi, encoding="utf-8")
    lines = "".join(f"{name} = {value}\n" for name, value in sorted(new.values.items()))
    values.write_text("# What backend.h defines, recorded by scripts/record-contract.\n" + lines, encoding="utf-8")


def missing():
    """What a comparison needs and this machine has not; None where it has all."""
    needed = {compiler(): "a compiler of C", "abidw": "abigail-tools", "abidiff": "abigail-tools"}
    for program, package in needed.items():
        if shutil.which(program) is None:
            return f"{program} is missing ({package}; scripts/setup installs it)"
    return None


def layout(old):
    """The recorded sizes and offsets as assertions. A structure may have grown; what was there is where it was. Of a
    major version without a record nothing is asserted."""
    lines = ["/* The recorded layout of backend.h, asserted. It includes nothing else, so the header stands alone. */",
             f'#include "{HEADER}"', "#ifdef __cplusplus", "#define HOLDS(condition) static_assert(condition, #condition)",
             "#define ALIGNMENT(type) alignof(type)", "#else", "#define HOLDS(condition) _Static_assert(condition, #condition)",
             "#define ALIGNMENT(type) _Alignof(type)", "#endif"]
    for name, (size, fields) in sorted(old.structures.items() if old else ()):
        lines.append(f"HOLDS(sizeof({name}) {'>=' if may_grow(name, fields) else '=='} {size});")
        lines.append(f"HOLDS(ALIGNMENT({name}) == {old.alignments[name]});")
        lines += [f"HOLDS(offsetof({name}, {field}) == {at});" for field, at, _ in fields if field != "reserved"]
    return "\n".join(lines) + "\n"


def header_major():
    return int(re.search(r"^#define SATEEN_ABI_MAJOR (\d+)u", (INCLUDE / HEADER).read_text(encoding="utf-8"), re.MULTILINE)[1])


def main(what):
    if what == "layout":
        sys.stdout.write(layout(read_record(header_major())))
        return 0
    if lacking := missing():
        print(f"skipped: {lacking}")
        return 77
    new = read_header(INCLUDE)
    major, minor = new.version()
    old = read_record(major)
    lines, allowed = verdict(old, new)
    print("\n".join(lines) or f"the contract is as recorded, version {major}.{minor}")
    if what == "record" and lines and allowed:
        write_record(new)
        print(f"recorded as version {major}.{minor}")
        return 0
    return 0 if not lines else 1


if __name__ == "__main__":
    if sys.argv[1:] not in (["check"], ["record"], ["layout"]):
        sys.exit("abi.py: check, record or layout")
    sys.exit(main(sys.argv[1]))

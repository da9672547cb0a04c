"""docs/extending.md as data: what each step of its three checklists does to which file.

The rules that the page keeps:
- "## A layer" begins a checklist, "### 1. `core/include/sateen/layers.hpp`" a step of it, which is one file.
- The last line of words before a fenced block says what becomes of it. "At the end of `NAME`:" goes to the end of the list that a
  macro of this name is; "Before `TEXT`:", "After `TEXT`:" and "In place of `TEXT`:" to the one line of the file that has the
  text. Without any of these the block is the whole of a new file.
- Blocks that are not fenced are commands for people.
"""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "extending.md"
_PART = re.compile(r"^## ([^\n]+)$|^### \d+\. `([^\n]+)`$|^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"^(At the end of|Before|After|In place of) (`+)(.+?)\2:$", re.MULTILINE)


@dataclasses.dataclass
class Edit:
    path: str
    text: str
    how: str = ""  # "At the end of", "Before", "After", "In place of"; "": a new file
    where: str = ""


def read(page):
    """The edits of each checklist by its title."""
    lists, words_from = {}, 0
    for part in _PART.finditer(page):
        title, path, block = part.groups()
        if title:
            lists[title] = []
        elif path:
            at = path
        else:
            places = list(_PLACE.finditer(page, words_from, part.start()))
            how, where = (places[-1][1], places[-1][3]) if places else ("", "")
            lists[list(lists)[-1]].append(Edit(at, block, how, where))
        words_from = part.end()
    return {title: edits for title, edits in lists.items() if edits}


def _only_line(path, lines, text):
    found = [i for i, line in enumerate(lines) if text in line]
    if len(found) != 1:
        raise ValueError(f"{path}: {len(found)} lines have {text!r}, so the page doesn't say where")
    return found[0]


def _next(line, after):
    """The line with the number after that of another one: others may have been added since the page was written."""
    last = re.search(r"\b(\d+)u\b", after)
    return re.sub(r"\b\d+u\b", f"{int(last[1]) + 1}u", line) if last else line


def _end_of_list(lines, name, row):
    """Behind the last line of the macro `name`, which goes over lines that end in a backslash."""
    at = next(i for i, line in enumerate(lines) if re.match(rf"#define {name}\(", line))
    while lines[at].endswith("\\"):
        at += 1
    lines.insert(at + 1, "  " + _next(row, lines[at]))
    lines[at] += " \\"


def apply(edit, root):
    path = pathlib.Path(root, edit.path)
    if not edit.how:
        if path.exists():
            raise ValueError(f"{edit.path} is there already, and the page has it as a new file")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(edit.text, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").split("\n")
    block = edit.text.removesuffix("\n")
    if edit.how == "At the end of":
        _end_of_list(lines, edit.where, block)
    elif edit.how == "In place of":
        at = _only_line(edit.path, lines, edit.where)
        lines[at] = _next(block, lines[at])
    else:
        at = _only_line(edit.path, lines, edit.where) + (edit.how == "After")
        lines[at:at] = block.split("\n")
    path.write_text("\n".join(lines), encoding="utf-8")

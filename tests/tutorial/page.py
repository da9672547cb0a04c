"""docs/tutorial.md as data: its commands, what it says that they print, its code, the files that it names.

The rules that the page keeps:
- A block fenced as sh is commands. All of them run in one shell, in order.
- A block fenced as text is what the commands before it print, standard error among it. A line "…" stands for lines left
  out. Every other line has the form of a line that is printed: form_of says what may differ.
- A block fenced as cpp is a part of examples/own_network.cpp.
- `a/b` in the text, where a is a folder that the commands made, is there when they are done.
"""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
LABELS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
GAP = "…"
# What a first start says besides, and what is said of data that are not the real ones.
PASSING = re.compile(r"measuring which device|opencl: tun(ing|ed)|.*warning: .* is not the real Fashion-MNIST")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LABEL = re.compile("|".join(rf"\b{re.escape(text)}(?![\w-])" for name in LABELS
                             for text in {name, re.sub(r"[^\w-]", "_", name)}))


@dataclasses.dataclass
class Step:
    """Commands and what they print; None: the page doesn't show it."""
    line: int
    commands: str
    shown: list | None = None


def read(text):
    """The steps in order, and the parts that are C++."""
    steps, code = [], []
    for fence in _FENCE.finditer(text):
        kind, body = fence.groups()
        line = text.count("\n", 0, fence.start()) + 1
        if kind == "sh":
            steps.append(Step(line, body))
        elif kind == "text" and steps and steps[-1].shown is None:
            steps[-1].shown = body.splitlines()
        elif kind == "cpp":
            code.append(body)
        else:
            raise ValueError(f"line {line}: a block of {kind} where the page's rules have none")
    return steps, code


def shortened(commands):
    """With a tenth of the epochs where there are more than two, and then two at least. Nothing else is another than on
    the page."""
    return re.sub(r"--epochs (\d+)", lambda found: f"--epochs {min(int(found[1]), max(2, int(found[1]) // 10))}", commands)


def form_of(line):
    """A line without what may differ: numbers, checksums, names of classes, spaces, the mark of the best epoch, and
    which device it is."""
    if line.startswith("device "):
        return "device"
    line = re.sub(r"\b[0-9a-f]{16}\b", "HASH", line)
    line = _LABEL.sub("CLASS", line)
    line = re.sub(r"\d+(?:[.,]\d+)*(?:e[+-]?\d+)?", "N", line)
    return " ".join(line.removesuffix(" *").split())


def forms_of(lines):
    """Lines of one form in a row count as one, also with a gap between them."""
    forms = []
    for line in lines:
        form = GAP if line.strip() == GAP else form_of(line)
        if forms[-1:] == [form] or forms[-2:] == [form, GAP]:
            del forms[len(forms) - 1 - forms[::-1].index(form) + 1:]
        else:
            forms.append(form)
    return forms


def difference(shown, printed):
    """Which line of a page is not printed so, or what is printed besides; "" where all fits."""
    forms = forms_of(line for line in printed if not PASSING.match(line))
    at, gap = 0, False
    for form in forms_of(shown):
        if form == GAP:
            gap = True
            continue
        if gap and form in forms[at:]:
            at = forms.index(form, at)
        if at >= len(forms) or forms[at] != form:
            return f"the page has   {form}\nbut it printed {forms[at] if at < len(forms) else 'nothing more'}"
        at, gap = at + 1, False
    return "" if gap or at == len(forms) else f"it also printed {forms[at]}"


def named_files(text):
    """What in the text, outside of blocks, may be a path: `plain/history.csv`."""
    return re.findall(r"`([\w-]+/[\w./-]*)`", _FENCE.sub("", text))


def links(text):
    """Files that the page links to or shows."""
    return [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in target]

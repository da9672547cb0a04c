"""What each kernel takes on each GPU that it was compiled for, from the raw rows."""

import json


def per_kernel(folder, targets):
    """Lines of a Markdown table: registers, and what there is of local memory and spills; of all builds the most."""
    most = {}
    for target in targets:
        file = folder / f"{target}.jsonl"
        if not file.exists():
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "registers" in row:
                cell = most.setdefault((row["file"], row["kernel"]), {}).setdefault(target, [0, 0, 0])
                cell[:] = map(max, cell, (row["registers"], row["local_bytes"], row["spills"]))
    there = [target for target in targets if any(target in cells for cells in most.values())]
    lines = ["| kernel | " + " | ".join(there) + " |", "|---|" + "---:|" * len(there)]
    for (file, kernel), cells in sorted(most.items()):
        lines.append(f"| {file}: {kernel} | " + " | ".join(_cell(cells.get(target)) for target in there) + " |")
    return lines


def _cell(numbers):
    if numbers is None:
        return ""
    registers, local, spills = numbers
    return str(registers) + (f", local {local}" if local else "") + (f", spills {spills}" if spills else "")

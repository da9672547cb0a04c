"""What a kernel has to keep to on every GPU that it is compiled for."""

from compilers import CompileError, Lint

LOCAL_BYTES = 32 * 1024  # what OpenCL promises; a kernel takes less, since drivers keep some for themselves


def judge(build, target, names, groups):
    """One build on one target: rows of what there is, each with the findings against it.
    names: kernels that have to be in it; groups: work-items that some insist on."""
    row = {"target": target.name, "file": build.path.name, "kernel": "", "kind": build.kind, "default": build.default,
           "kernels": build.choice, "options": " ".join(build.options), "findings": []}
    try:
        facts = target.compile(build)
    except CompileError as error:
        return [{**row, "findings": [f"does not compile: {error}"]}]
    if isinstance(target, Lint):
        return [row]
    rows = []
    for name in sorted(names | facts.keys()):
        if name not in facts:
            rows.append({**row, "kernel": name, "findings": ["the kernel is not in the binary"]})
            continue
        rows.append({**row, "kernel": name, **facts[name]._asdict(),
                     "findings": findings(build, target, facts[name], groups.get(name, build.group))})
    return rows or [{**row, "findings": ["there is no kernel in the file"]}]


def findings(build, target, facts, group):
    found = []
    if build.kind == "gpu":
        if facts.spills > 0 and build.default:
            found.append(f"spills {facts.spills}")
        if facts.local_bytes > LOCAL_BYTES or (facts.local_bytes == LOCAL_BYTES and not target.rounds_local):
            found.append(f"takes {facts.local_bytes} bytes of local memory, and {LOCAL_BYTES} are too many")
    if group > facts.largest_group:
        found.append(f"takes groups of {group} work-items, and the device has {facts.largest_group} at most")
    return found

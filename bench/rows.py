"""Raw rows: a CSV file that grows as measurements come, and what can be said of them."""

import csv
import datetime
import io
import pathlib
import platform
import re
import statistics
import subprocess

COLUMNS = ("run", "date", "machine", "commit", "system", "version", "model", "mode", "batch", "turn", "images_per_second",
           "others")  # processors that other programs kept busy meanwhile


class Rows:
    """The rows of a file. A run is one start of a program."""

    def __init__(self, path, columns=COLUMNS):
        self.path, self.columns = pathlib.Path(path), columns
        self.all = []
        if self.path.exists():
            with open(self.path, encoding="utf-8", newline="") as file:
                reader = csv.DictReader(file)
                if tuple(reader.fieldnames or ()) != tuple(columns):
                    raise SystemExit(f"bench: {self.path} has other columns, of another version; move it away")
                self.all = list(reader)

    def add(self, **row):
        self.extend([row])

    def extend(self, rows):
        """All of them or none, but for what a full disk leaves."""
        rows = [{key: str(row.get(key, "")) for key in self.columns} for row in rows]
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns)
        if not self.path.exists():
            writer.writeheader()
        writer.writerows(rows)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
        self.all += rows

    def groups(self, *keys):
        """Rows by the values of these columns, in the order in which they came."""
        found = {}
        for row in self.all:
            found.setdefault(tuple(row[key] for key in keys), []).append(row)
        return found


def median(rows):
    return statistics.median(float(row["images_per_second"]) for row in rows)


def today():
    return datetime.date.today().isoformat()


def machine():
    """Processor, how many of it, vectors, system."""
    try:
        facts = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        facts = ""
    model = re.search(r"^model name\s*: (.+)$", facts, re.MULTILINE)
    flags = re.search(r"^flags\s*: (.+)$", facts, re.MULTILINE)
    words = flags[1].split() if flags else []
    vectors = next((name for name in ("avx512f", "avx2", "avx") if name in words), "")
    from worker import processors
    parts = [model[1] if model else platform.machine(), f"{processors()} processors"]
    parts += [{"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX"}[vectors]] if vectors else []
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.platform()
    return ", ".join([*parts, system])


def commit(root):
    """Of the sources, with a + where they were changed; "" where git does not say."""
    def git(*words):
        return subprocess.run(["git", "-c", "safe.directory=*", *words], cwd=root, capture_output=True, text=True,
                              check=False, timeout=60).stdout.strip()
    try:
        return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except OSError:
        return ""

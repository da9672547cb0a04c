"""Every cut and every flipped bit of a small model and a small checkpoint, by the unit test that tries some of them.
    python3 -B flips.py --rows FILE [--target TIMES] [--minutes N]"""

import re
import subprocess
import sys
import time

from rows import GOOD, Limit, Rows, finish, parser
from training import harness

TEST = ["--run_test=damage/every_place", "--log_level=message", "--color_output=no"]


def main():
    arguments = parser(__doc__, 1).parse_args()
    limit = Limit(arguments.minutes)
    rows = Rows(arguments.rows, ["refused"])
    while len(rows.rows) < arguments.target and not limit.over():
        begun = time.monotonic()
        done = subprocess.run(harness.command("sateen-unit-tests", *TEST), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", env=harness.environment(), check=False)
        counted = re.search(r"damaged files refused: (\d+)", done.stdout)
        good = done.returncode == 0 and counted
        rows.add(refused=counted[1] if counted else 0, outcome=GOOD if good else f"exit code {done.returncode}: {done.stdout}",
                 seconds=f"{time.monotonic() - begun:.1f}")
    return finish(rows, len(rows.rows), arguments.target)


if __name__ == "__main__":
    sys.exit(main())

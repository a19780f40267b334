"""`make bench`: ingest, live, history and HTTP on fresh servers; one JSON object as the last line.

Words after it go to the ingest benchmark: `make bench ARGS="--seconds 60 --matrix"`. Each is a
process of its own: Django keeps the first database it was told of.
"""

from __future__ import annotations

import json
import subprocess
import sys

NAMES = ("ingest", "live", "history", "http_ingest")


def main(words: list[str]) -> int:
    results = {}
    for name in NAMES:
        options = words if name == "ingest" else []
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 (our own modules)
        if done.returncode:
            return done.returncode
        *shown, last = done.stdout.splitlines()
        results[name] = json.loads(last)
        sys.stdout.write("\n".join([name, *shown, ""]) + "\n")
    sys.stdout.write(json.dumps(results) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

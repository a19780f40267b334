"""`make bench`: ingest, live, history and HTTP on fresh servers; one JSON object as the last line.

Words after it go to the ingest benchmark: `make bench ARGS="--seconds 60 --matrix"`.
"""

from __future__ import annotations

import json
import sys

from benchmarks import history, http_ingest, ingest, live
from benchmarks.stack import BenchmarkFailed

HTTP = http_ingest.Plan(senders=100, seconds=10.0)
LIVE = live.Plan(viewers=200, rate=10.0, seconds=10.0, series=20, distinct=False)


def main(words: list[str]) -> int:
    chosen = ingest.options(words)
    plan = ingest.plan_of(chosen)
    results = {}
    try:
        for name, measure in (
            ("ingest", lambda: ingest.measure(plan, chosen.broker, chosen.matrix)),
            ("live", lambda: live.measure(LIVE)),
            ("history", history.measure),
            ("http", lambda: http_ingest.measure(HTTP)),
        ):
            results[name] = measure()
            if not chosen.json:
                sys.stdout.write(f"\n{name}\n")
                ingest.show(results[name])
    except BenchmarkFailed as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    sys.stdout.write(json.dumps(results) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""What a database needs before anything uses it, done by a process of its own.

Django is needed for the tables, the operator and a token, and then never again: `up` lives as long
as everything it started, and would keep 45 MB of it only to print a number.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from embedded.errors import EmbeddedError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of it. Both are shown or used once and stored only as hashes."""

    password: str | None  # of the operator, if one was made
    token: str | None  # registers devices for an hour, if it was asked for
    accounts: bool = False  # the broker's were lost and are in its file again


class Preparation:
    """The process. It imports Django while the servers start, and waits to be told that they do."""

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path,
        *,
        token: bool,
        accounts_file: Path | None = None,
    ) -> None:
        words = ["token"] if token else []
        words += [f"accounts={accounts_file}"] if accounts_file else []
        with log.open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                [sys.executable, "-m", "embedded.up.preparation", *words],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,  # Ctrl-C reaches `up` alone, which ends things in order
            )
        self._log = log

    def run(self) -> Prepared:
        """Have it done. Raises `EmbeddedError` with what the process says is wrong."""
        out, _ = self._process.communicate("go\n")
        with suppress(ValueError, TypeError):
            answer = json.loads(out)
            if "problem" in answer:
                raise EmbeddedError(answer["problem"], answer["remedy"])
            return Prepared(**answer)
        raise EmbeddedError(f"The database could not be prepared; {self._log} says why.")

    def end(self) -> None:
        """End it, whatever it is doing; harmless when it is done."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()


def main(words: list[str]) -> int:
    from embedded.up import database  # noqa: PLC0415 (`up` imports this module without Django)

    if not sys.stdin.readline():
        return 1  # `up` is gone
    try:
        database.migrate()
        if "token" in words:
            database.ready_made_rules()
        files = [word.removeprefix("accounts=") for word in words if word.startswith("accounts=")]
        found = Prepared(
            accounts=bool(files) and database.broker_accounts(files[0]),
            password=database.first_operator(),
            token=database.registration_token() if "token" in words else None,
        )
    except EmbeddedError as exc:
        sys.stdout.write(json.dumps({"problem": exc.problem, "remedy": exc.remedy}))
        return 1
    sys.stdout.write(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

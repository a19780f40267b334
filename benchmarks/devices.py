"""A fleet that is registered, changed and given to the broker: `python -m benchmarks.devices`.

20 000 devices are registered, changed and deleted through REST, as the pages do it, in this
process: CPU time of it and of Postgres for each device. Then their accounts at a real Mosquitto:
all into its file, `manage.py broker sync` when nothing differs, when one device is missing there,
one is too many and some differ, and once more after it was killed when it knew. The last line of
the output is one JSON object.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import result
from benchmarks import stack as stacks
from benchmarks.stack import ROOT, BenchmarkFailed, Stack, cpu_seconds, resident_mib

TABLE_ROWS = 1_000  # devices of one table
ARRAY_ROWS = 500  # of one array
MANY = 2_000  # of one change
USERNAME = "benchmark-operator"
ORPHAN = "device-none"  # a role of the broker's that no device has


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured; printed with the result."""

    devices: int
    differ: int  # devices that the broker has otherwise, beside one missing and one too many


class Fleet:
    """The devices, and REST as an operator asks it."""

    def __init__(self, stack: Stack, count: int) -> None:
        from django.contrib.auth import get_user_model  # noqa: PLC0415 (needs the settings)
        from rest_framework.test import APIClient  # noqa: PLC0415

        server = stack.servers.get("postgres")
        self._postgres = server.pid if server else 0
        self.uids = [f"device-{number:05}" for number in range(count)]
        self._client = APIClient(headers={"host": "localhost"})
        self._client.force_authenticate(get_user_model().objects.create_superuser(USERNAME))
        self._client.get("/api/v1/devices/")  # what a process does once

    def acts(self) -> dict[str, Any]:
        """Half of them comes as tables and half as arrays."""
        half = (len(self.uids) + 1) // 2
        tables, arrays = self.uids[:half], self.uids[half:]
        named = "uid,name,kind,tags,expected_interval"
        placed = "uid,location,expected_interval"
        found = {
            "register_by_table": self._cost(
                tables, TABLE_ROWS, lambda part: self._table(named, part, ',N of {},pump,"a,b",30')
            ),
            "register_by_array": self._cost(arrays, ARRAY_ROWS, self._array),
            "edit_by_table": self._cost(
                self.uids, TABLE_ROWS, lambda part: self._table(placed, part, ",Roof {},60")
            ),
        }
        for name, address, change in (
            ("edit", "device-changes", {"kind": "freezer", "add_tags": ["cold"]}),
            ("disable", "device-changes", {"enabled": False}),
            ("enable", "device-changes", {"enabled": True}),
            ("delete", "removed-devices", {}),
            ("restore", "restored-devices", {}),
        ):
            found[name] = self._cost(
                self.uids,
                MANY,
                lambda part, address=address, change=change: self._ask(  # type: ignore[misc]
                    address, {"uids": part, **change}
                ),
            )
        return found

    def _cost(
        self, uids: Sequence[str], size: int, ask: Callable[[list[str]], Any]
    ) -> dict[str, float]:
        """What one device of it takes."""
        began, ours, theirs = time.monotonic(), time.process_time(), self._postgres_cpu()
        for part in _parts(uids, size):
            ask(part)
        each = 1e3 / max(1, len(uids))
        return {
            "ms_a_device": round((time.process_time() - ours) * each, 3),
            "postgres_ms_a_device": round((self._postgres_cpu() - theirs) * each, 3),
            "seconds": round(time.monotonic() - began, 2),
        }

    def _postgres_cpu(self) -> float:
        return cpu_seconds(self._postgres) if self._postgres else 0.0

    def _ask(self, address: str, body: Any) -> None:
        answer = self._client.post(f"/api/v1/{address}/", body, format="json")
        if answer.status_code not in (200, 201):
            raise BenchmarkFailed(f"{address}: {answer.status_code} {answer.content[:500]!r}")

    def _table(self, head: str, uids: Sequence[str], cells: str) -> None:
        lines = [head, *(uid + cells.format(uid) for uid in uids)]
        self._ask("device-imports", {"text": "\n".join(lines)})

    def _array(self, uids: Sequence[str]) -> None:
        self._ask("devices", [{"uid": uid, "tags": ["cold"]} for uid in uids])


def _parts(uids: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(uids), size):
        yield list(uids[start : start + size])


class Accounts:
    """The fleet's accounts at the broker, and `manage.py broker sync` as a process."""

    def __init__(self, stack: Stack, fleet: Fleet, plan: Plan) -> None:
        self._stack, self._fleet, self._plan = stack, fleet, plan
        self._broker = stack.servers["mqtt"]
        self._file = stack.folder / "mqtt" / "accounts.json"

    def measure(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._broker.stop()
        found["into_file"] = self._sync("--into", str(self._file))
        found["into_file"]["bytes"] = self._file.stat().st_size
        began = time.monotonic()
        self._broker.start()
        found["broker_starts_s"] = round(time.monotonic() - began, 2)
        found["nothing_differs"] = self._sync()
        self._make_differ()
        found["killed_after"] = self._killed()
        found["some_differ"] = self._sync()
        found["compared_again"] = [each for each in self._sync()["said"] if "missing" in each]
        found["broker_mib"] = round(resident_mib(self._broker.pid), 1)
        return found

    def _make_differ(self) -> None:
        """Behind the back of who tells the broker."""
        from bridge.accounts.control_account import control_account  # noqa: PLC0415
        from bridge.mqtt.control import Control  # noqa: PLC0415
        from devices.dynsec import device_role  # noqa: PLC0415

        lost, *others = self._fleet.uids[: self._plan.differ + 1]
        commands: list[dict[str, Any]] = [
            {"command": "createRole", "rolename": ORPHAN},
            {"command": "deleteClient", "username": lost},
            {"command": "deleteRole", "rolename": device_role(lost)},
            *({"command": "disableClient", "username": uid} for uid in others),
        ]
        control = Control(control_account()).open()
        try:
            for each in commands:
                if "error" in (answer := control.ask([each])[0]):
                    raise BenchmarkFailed(str(answer))
        finally:
            control.close()

    def _killed(self) -> str:
        """What one said last that is killed when it knows what differs. Nobody can note it
        meanwhile, or it could have come to its end before it is killed."""
        from django.db import connection, transaction  # noqa: PLC0415

        from devices.broker_account import BrokerAccount  # noqa: PLC0415

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {BrokerAccount._meta.db_table} IN SHARE MODE")
            return str(self._sync(killed=True)["said"][-1])

    def _sync(self, *words: str, killed: bool = False) -> dict[str, Any]:
        """With `killed`: until it has said what differs."""
        began, broker = time.monotonic(), cpu_seconds(self._broker.pid) if self._broker.pid else 0.0
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-u", "manage.py", "broker", "sync", *words],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {"PULSEBOARD_DEBUG": "0"},
        )  # fmt: skip
        said: list[str] = []
        for line in process.stdout or ():
            said.append(line.strip())
            if killed and re.search(r"\d+ missing", line):
                process.kill()
        _, status, used = os.wait4(process.pid, 0)
        if status and not killed:
            raise BenchmarkFailed("\n".join(said[-20:]))
        after = cpu_seconds(self._broker.pid) if self._broker.pid else broker
        return {
            "seconds": round(time.monotonic() - began, 2),
            "cpu_s": round(used.ru_utime + used.ru_stime, 2),
            "mib": round(used.ru_maxrss / 1024, 1),
            "broker_cpu_s": round(after - broker, 2),
            "lines": len(said),
            "said": said[-5:],
        }


def measure(plan: Plan) -> dict[str, Any]:
    """On fresh servers."""
    with stacks.running("mosquitto", accounts=True) as stack:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)

        if not stack.passwords:
            raise BenchmarkFailed("Mosquitto with its dynamic-security plugin is not installed")
        fleet = Fleet(stack, plan.devices)
        return {
            "benchmark": "devices",
            "plan": asdict(plan),
            "rest": fleet.acts(),
            "broker": Accounts(stack, fleet, plan).measure(),
            "machine": machine.describe(stack.broker),
        }


def show(found: result.Result) -> None:
    for part in ("rest", "broker"):
        for name, each in found[part].items():
            sys.stdout.write(f"{name:>18}: {each}\n")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print only the JSON line")
    parser.add_argument("--devices", type=int, default=20_000)
    parser.add_argument("--differ", type=int, default=20, help="accounts that differ")
    chosen = parser.parse_args(words)
    plan = Plan(chosen.devices, chosen.differ)
    return result.tell(lambda: measure(plan), only_json=chosen.json, show=show)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Whether one loud device slows the others: `python -m benchmarks.noisy --seconds 10 --json`.

Quiet devices send once a second, over MQTT and over HTTP, through a real broker, bridge and web
process. First alone, then beside one device that sends over MQTT without a pause and comes back
when it is cut off; beside one that does so through its gateway's account, which speaks for others
too; beside one of another dialect through the account these share; and beside one over HTTP. Each
latency is from the moment a
message is sent to the end of the transaction that stored it. The last line of the output is one
JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import result
from benchmarks import stack as stacks
from benchmarks.commits import CommitWatch, percentiles
from benchmarks.http_ingest import APPLICATION
from benchmarks.loud import Loud, now_ms, over_http, over_mqtt
from benchmarks.progress import Watcher
from benchmarks.quiet import HTTP, MQTT, Quiet
from devices import dynsec
from embedded.servers.child import Child

ARRIVED_SECONDS = 60.0  # for what quiet devices sent to be stored
CHILD, GATEWAY, PLUG = "loud-child", "loud-gateway", "loud-plug"
WAYS = ("mqtt", "gateway", "shared")
PLUGS_TOPIC = f"tele/{PLUG}/SENSOR"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured; printed with the result."""

    quiet_mqtt: int
    quiet_http: int
    seconds: float  # of each leg
    qos: int  # of the loud device
    ways: tuple[str, ...]  # over which it sends over MQTT
    before: float  # seconds that it has sent when the measuring begins


def register(plan: Plan) -> dict[str, str]:
    """Tokens by uid."""
    from devices.models import Device  # noqa: PLC0415 (needs the settings)

    uids = [f"{MQTT}-{n}" for n in range(plan.quiet_mqtt)]
    uids += [f"{HTTP}-{n}" for n in range(plan.quiet_http)]
    devices = [Device(uid=uid, name=uid) for uid in [*uids, "loud"]]
    devices.append(Device(uid=GATEWAY, name=GATEWAY, mqtt_filters=[f"devices/{CHILD}/#"]))
    tokens = {device.uid: device.issue_token() for device in devices}
    Device.objects.bulk_create(devices)
    Device.objects.bulk_create(Device(uid=uid, name=uid) for uid in (CHILD, PLUG))  # no account
    return tokens


def sent_rows(prefix: str, began_ms: int) -> list[tuple[int, int, int]]:
    """(xmin, sent ms, rows) of what such devices sent since."""
    from django.db import connection  # noqa: PLC0415 (needs the settings)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reading.xmin::text::bigint, (extract(epoch FROM time) * 1000)::bigint, count(*)"
            " FROM reading JOIN telemetry_series AS series ON series.id = series_id"
            " JOIN devices_device AS device ON device.id = device_id"
            " WHERE starts_with(device.uid, %s) AND time >= to_timestamp(%s / 1000.0)"
            " GROUP BY 1, 2",
            [prefix, began_ms],
        )
        return list(cursor.fetchall())


def arrived(bridge: Child, began_ms: int, messages: int) -> dict[str, list[tuple[int, int, int]]]:
    """The rows of the quiet devices, once all of them are there."""
    deadline = time.monotonic() + ARRIVED_SECONDS
    while True:
        rows = {prefix: sent_rows(prefix, began_ms) for prefix in (MQTT, HTTP)}
        found = sum(count for each in rows.values() for _, _, count in each)
        if found >= messages:
            return rows
        if time.monotonic() > deadline:
            raise stacks.failed(bridge, f"{found} of {messages} quiet messages are stored")
        time.sleep(0.2)


def leg(quiet: Quiet, bridge: Child, seconds: float) -> dict[str, Any]:
    """How long the messages of quiet devices take to be stored."""
    with CommitWatch(os.environ["DATABASE_URL"]) as watch:
        began_ms = now_ms()
        rows = arrived(bridge, began_ms, quiet.send(seconds))
        time.sleep(0.1)  # until the watch has looked at what was committed last
    found: dict[str, Any] = {}
    for name, prefix in (("mqtt", MQTT), ("http", HTTP)):
        shares = percentiles(rows[prefix], watch.ended_ms, (0.5, 0.99, 1.0))
        found[name] = dict(zip(("p50_ms", "p99_ms", "max_ms"), shares or (), strict=False))
    return found


def before_long(fact: Callable[[], Any]) -> bool:
    """Whether it is one; it is waited for."""
    deadline = time.monotonic() + ARRIVED_SECONDS
    while not (found := fact()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return bool(found)


@contextlib.contextmanager
def beside(loud: Loud, before: float) -> Iterator[dict[str, Any]]:
    """While the loud device sends; what became of its messages."""
    told: dict[str, Any] = {}
    with loud:
        time.sleep(before)
        began, sent = time.monotonic(), loud.sent
        yield told
        took = time.monotonic() - began
        told["sent_per_s"] = round((loud.sent - sent) / took)
        told["told_429"] = loud.refused


def measure(plan: Plan, broker: str, *, accounts: bool) -> dict[str, Any]:
    """On fresh servers."""
    with stacks.running(broker, accounts=accounts) as stack, contextlib.ExitStack() as opened:
        from benchmarks import machine  # noqa: PLC0415 (needs the settings)
        from devices import broker_account  # noqa: PLC0415

        found: dict[str, Any] = {"benchmark": "noisy", "plan": asdict(plan)}
        found["accounts"] = bool(stack.passwords)
        bridge = opened.enter_context(stack.bridge())
        opened.enter_context(stack.engine())
        port, _ = opened.enter_context(stack.web(APPLICATION))
        tokens = register(plan)
        watcher = Watcher(stack, bridge)
        watcher.next()  # it is there
        quiet = Quiet(stack, port, tokens, plan.quiet_mqtt, plan.quiet_http)
        opened.callback(quiet.end)
        leg(quiet, bridge, 2)  # series are made, caches filled
        for uid in ("loud", GATEWAY):
            broker_account.wait_until_told(uid)
        found["alone"] = leg(quiet, bridge, plan.seconds)
        address = (stack.mqtt_host, stack.mqtt_port)
        shared = (dynsec.GATEWAY, stack.passwords.get(dynsec.GATEWAY, ""))
        logins = {
            "mqtt": ("loud", tokens["loud"], "devices/loud/telemetry"),
            "gateway": (GATEWAY, tokens[GATEWAY], f"devices/{CHILD}/telemetry"),
            "shared": (*shared, PLUGS_TOPIC),
        }
        for way, (name, password, topic) in logins.items():
            if way not in plan.ways:
                continue
            login = (name, password) if stack.passwords else ("", "")
            before = watcher.next().counters
            loud = Loud(over_mqtt, address, login, topic, plan.qos)
            with beside(loud, plan.before) as told:
                found[f"beside_{way}"] = leg(quiet, bridge, plan.seconds)
                out = broker_account.BrokerAccount.objects.filter(broker_account.KEPT_OUT, pk=name)
                told["kept_out"] = bool(stack.passwords) and before_long(out.exists)
            after = watcher.next().counters
            told |= {each: after[each] - before[each] for each in ("received", "over_limit")}
            found[f"loud_{way}"] = told
        loud = Loud(over_http, port, tokens["loud"])
        with beside(loud, plan.before) as told:
            found["beside_http"] = leg(quiet, bridge, plan.seconds)
            before_long(lambda: loud.refused)
        found["loud_http"] = told
        found["machine"] = machine.describe(stack.broker)
    return found


def show(found: result.Result) -> None:
    for name, told in found.items():
        sys.stdout.write(f"{name:>14}: {told}\n")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.noisy", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print only the JSON line")
    parser.add_argument("--quiet-mqtt", type=int, default=50, help="devices over MQTT")
    parser.add_argument("--quiet-http", type=int, default=20, help="devices over HTTP")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each leg")
    parser.add_argument("--qos", type=int, choices=(0, 1), default=1, help="of the loud device")
    parser.add_argument("--broker", choices=("auto", "mosquitto", "iotcore"), default="auto")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="over MQTT")
    parser.add_argument(
        "--before", type=float, default=2.0, help="seconds that it sends unmeasured"
    )
    parser.add_argument("--limit", type=int, help="readings a second that one device may send")
    parser.add_argument("--open", action="store_true", help="a broker without accounts")
    chosen = parser.parse_args(words)
    plan = Plan(
        chosen.quiet_mqtt,
        chosen.quiet_http,
        chosen.seconds,
        chosen.qos,
        tuple(chosen.ways),
        chosen.before,
    )
    if chosen.limit:
        os.environ["PULSEBOARD_DEVICE_READINGS"] = str(chosen.limit)
    return result.tell(
        lambda: measure(plan, chosen.broker, accounts=not chosen.open),
        only_json=chosen.json,
        show=show,
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

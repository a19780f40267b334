"""The faults, by name. Each is over when it has called `scene.over()`: from then on everything has
been told to work again, and recovery is measured."""

from __future__ import annotations

import random
import time
from pathlib import Path

from embedded.prove import slot_faults
from embedded.prove.ledger import BrokerKill, Forgotten
from embedded.prove.scene import Fault, Scene, Stack

PAUSE = (1.0, 6.0)  # seconds a frozen process stays frozen
AWAY = (4.0, 9.0)  # seconds the database is away: longer than the bridge waits before it spools
BURST = (50, 300)  # messages sent out of turn
POISONS = (7, 14)
AFTERSHOCK = 0.25  # of the faults: the bridge is killed while it recovers
AFTER = (0.0, 2.0)  # seconds into the recovery
CLOCK_STEPS = (0.5, 5.0, 60.0, 3_600.0)  # seconds
FULL_LOAD = 6.0  # times the usual rate while the spool is being filled
FULL_SECONDS = 90.0  # for the spool to fill
FULL_HELD = 2.0  # seconds it stays full, with messages waiting at the broker


def _killed(name: str) -> Fault:
    def fault(scene: Scene) -> None:
        part = scene.part(name)
        part.kill()
        scene.over()
        part.start()

    return fault


def _frozen(name: str) -> Fault:
    def fault(scene: Scene) -> None:
        part = scene.part(name)
        part.freeze()
        try:
            scene.wait(PAUSE)
        finally:
            scene.over()
            part.thaw()

    return fault


def _restarted(name: str) -> Fault:
    def fault(scene: Scene) -> None:
        part = scene.part(name)
        part.stop()
        scene.over()
        part.start()

    return fault


def _postgres_away(scene: Scene) -> None:
    """Long enough for the spool; every second time the bridge dies with messages in it."""
    postgres, bridge = scene.part("postgres"), scene.part("bridge")
    postgres.stop()
    scene.wait(AWAY)
    if scene.chance.random() < 0.5:
        scene.notes.append("bridge killed meanwhile")
        bridge.kill()
        bridge.start()
    scene.over()
    postgres.start()


def _spool_full(scene: Scene) -> None:
    """No database until the bridge says that its spool is full and stops acknowledging."""
    count = getattr(scene.stack, "spool_full_count")  # noqa: B009 (only a stack of ours has it)
    before = count()
    postgres = scene.part("postgres")
    postgres.stop()
    scene.load.faster(FULL_LOAD)
    is_full = scene.until(lambda: count() > before, FULL_SECONDS)
    scene.notes.append("full" if is_full else "NOT full")
    time.sleep(FULL_HELD)
    scene.load.faster(1.0)
    scene.over()
    postgres.start()


def _postgres_disconnect(scene: Scene) -> None:
    scene.notes.append(f"{scene.stored.cut_connections()} sessions")
    scene.over()


def _broker_kill(scene: Scene) -> None:
    """What waited in it since its last snapshot is gone: counted apart, never hidden.

    A bridge that keeps up leaves nothing waiting, so every second time it is away before.
    """
    broker, bridge = scene.part("mqtt"), scene.part("bridge")
    path = scene.stack.snapshot_age_source()
    away = scene.chance.random() < 0.5
    if away:
        bridge.stop()
        scene.wait(PAUSE)
    broker.kill()
    now = time.monotonic()
    age = time.time() - path.stat().st_mtime if path and path.exists() else None
    # Never saved: everything since the start may be gone.
    saved = now - age if age is not None else 0.0
    scene.load.ledger.broker_kills.append(BrokerKill(saved, now))
    scene.load.ledger.forgotten.append(Forgotten(now))
    scene.notes.append("no snapshot" if age is None else f"last snapshot {age:.1f} s before")
    scene.notes.append("bridge away" if away else "bridge up")
    scene.over()
    broker.start()
    if away:
        bridge.start()


def _broker_restart(scene: Scene) -> None:
    """Mosquitto 2.0.11 comes back without the shared subscriptions of the sessions it kept. What it
    acknowledges before a bridge is there again is nobody's, and it says so: counted apart."""
    broker = scene.part("mqtt")
    if scene.stack.slots is not None:
        scene.load.ledger.forgotten.append(Forgotten(time.monotonic()))
    broker.stop()
    scene.over()
    broker.start()


def _connection_cut(scene: Scene) -> None:
    proxy = scene.stack.proxy
    assert proxy is not None  # noqa: S101 (`possible` saw to it)
    how = scene.chance.choice(["reset", "half-open", "slices", "twice"])
    scene.notes.append(how)
    if how == "half-open":
        proxy.silence(scene.chance.uniform(*PAUSE))
    elif how == "slices":
        proxy.slice(scene.chance.uniform(*PAUSE))
        proxy.reset()
    else:
        proxy.reset()
        if how == "twice":
            time.sleep(scene.chance.uniform(0.0, 1.0))
            proxy.reset()
    scene.over()


def _clock_step(scene: Scene) -> None:
    """The clock of every bridge goes wrong, back or ahead; every third time it is right again."""
    clock: Path = getattr(scene.stack, "clock")  # noqa: B009 (only a stack of ours has it)
    wrong_by = scene.chance.choice((0.0, -1.0, 1.0)) * scene.chance.choice(CLOCK_STEPS)
    clock.write_text(str(int(wrong_by * 1e6)))
    scene.notes.append(f"wrong by {wrong_by:g} s")
    scene.over()


def _duplicates(scene: Scene) -> None:
    scene.load.again(scene.chance.randint(*BURST), scene.chance)
    scene.over()


def _late(scene: Scene) -> None:
    scene.load.late(scene.chance.randint(*BURST))
    scene.over()


def _poison(scene: Scene) -> None:
    scene.load.poison(scene.chance.randint(*POISONS))
    scene.over()


CATALOGUE: dict[str, Fault] = {
    "bridge-kill": _killed("bridge"),
    "bridge-stop": _frozen("bridge"),
    "bridge-term": _restarted("bridge"),
    "postgres-kill": _killed("postgres"),
    "postgres-pause": _frozen("postgres"),
    "postgres-disconnect": _postgres_disconnect,
    "postgres-away": _postgres_away,
    "spool-full": _spool_full,
    "redis-kill": _killed("redis"),
    "redis-pause": _frozen("redis"),
    "broker-restart": _broker_restart,
    "broker-pause": _frozen("mqtt"),
    "broker-kill": _broker_kill,
    "connection-cut": _connection_cut,
    "clock-step": _clock_step,
    "slot-joins": slot_faults.joins,
    "slot-leaves": slot_faults.leaves,
    "name-collides": slot_faults.collides,
    "web-kill": _killed("web"),
    "web-stop": _frozen("web"),
    "web-term": _restarted("web"),
    "duplicates": _duplicates,
    "late": _late,
    "poison": _poison,
}
UNASKED = frozenset({"broker-kill"})  # loses what no setting of Mosquitto 2.0 can keep
_OWN_ONLY = frozenset({"spool-full", "connection-cut", "clock-step"})
_GROUP_ONLY = frozenset({"slot-joins", "slot-leaves", "name-collides"})
_PARTS = {
    "bridge": "bridge",
    "postgres": "postgres",
    "redis": "redis",
    "broker": "mqtt",
    "web": "web",
}


def aftershock(scene: Scene) -> None:
    """Every now and then, kill the bridge in the middle of its recovery."""
    if scene.chance.random() < AFTERSHOCK:
        scene.wait(AFTER)
        scene.notes.append("bridge killed while it recovered")
        CATALOGUE["bridge-kill"](scene)


def possible(name: str, stack: Stack) -> bool:
    """Whether this stack can suffer it: its process is one of ours."""
    if stack.what != "own" and name in _OWN_ONLY:
        return False
    if stack.slots is None and name in _GROUP_ONLY:
        return False
    part = _PARTS.get(name.split("-", 1)[0])
    return part is None or any(each.split("-")[0] == part for each in stack.parts)


def plan(names: list[str], count: int, chance: random.Random) -> list[str]:
    """So many faults in random order, each name as often as the others, give or take one."""
    found: list[str] = []
    while len(found) < count:
        turn = list(names)
        chance.shuffle(turn)
        found += turn
    return found[:count]

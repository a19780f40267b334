"""What happens to the members of a group of bridges: one joins, one leaves, one has a double."""

from __future__ import annotations

from embedded.prove.scene import Scene
from embedded.prove.slots import worker_of

HELD_SECONDS = 60.0  # for a bridge to have its name again, after the fault before


def joins(scene: Scene) -> None:
    slots = scene.stack.slots
    assert slots is not None  # noqa: S101 (`possible` saw to it)
    scene.notes.append(slots.join() or "as many as may be")
    scene.over()


def leaves(scene: Scene) -> None:
    """Of one slot that runs alone another takes the place first."""
    slots = scene.stack.slots
    assert slots is not None  # noqa: S101 (`possible` saw to it)
    if len(slots.running()) == 1:
        slots.join()
    name = scene.chance.choice(slots.running())
    scene.notes.append(name)
    if not slots.leave(name):
        scene.failures.append(f"{name} was not retired")
    scene.over()


def collides(scene: Scene) -> None:
    """A second process under the name of a bridge that runs must give way, and disturb nothing.

    Begun while the first has its name: after an outage that was longer than a lease, whoever asks
    first gets it, and the other gives way."""
    slots, folder = scene.stack.slots, scene.stack.folder
    assert slots is not None  # noqa: S101 (`possible` saw to it)
    assert folder is not None  # noqa: S101
    name = scene.chance.choice(slots.running())
    scene.notes.append(name)
    if not scene.until(lambda: scene.stored.is_name_held(worker_of(name)), HELD_SECONDS):
        scene.failures.append(f"{name} does not have its name")
    if not slots.collide(name, folder / "spool-of-another"):
        scene.failures.append(f"two processes ran as {name}")
    scene.over()

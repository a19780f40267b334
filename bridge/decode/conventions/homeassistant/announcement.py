"""A discovery message: its device described, its topics remembered. Pure."""

from __future__ import annotations

from collections.abc import Callable

from bridge.decode import documents
from bridge.decode.conventions import esphome, shelly, tasmota
from bridge.decode.conventions.homeassistant.entities import (
    Entity,
    Source,
    announced,
    connections,
    metric_of,
    uid_of,
)
from bridge.decode.conventions.homeassistant.registry import (
    AVAILABLE,
    METRICS,
    OWNERS,
    STATES,
    Book,
    remember_wildcard,
)
from bridge.decode.conventions.homeassistant.template import parsed
from bridge.decode.identity import bare_mac, device_uid, metric_name
from bridge.decode.items import Described, Discovered, Ignored, Item, Problem, Reason, Rejected
from bridge.decode.state import State
from bridge.decode.texts import word
from bridge.message import Message

# Of dialects read here anyway: whose a topic is, and what its metrics begin with.
ORIGINS: dict[str, Callable[[str], tuple[str, str] | None]] = {
    tasmota.NAME: tasmota.origin,
    esphome.NAME: esphome.origin,
    shelly.NAME: shelly.origin,
}


class Announcement:
    """The books that one message may change."""

    def __init__(self, topic: str, state: State) -> None:
        self.topic = topic
        self.state = state
        self.states = Book(state, STATES)
        self.available = Book(state, AVAILABLE)
        self.owners = Book(state, OWNERS)
        self.metrics = Book(state, METRICS)
        self.said: dict[str, Item] = {}  # descriptions of series, each once

    def forget(self) -> None:
        """Whatever the topic announced before."""
        for entry, (kind, key) in self.owners.of(self.topic).items():
            book = self.states if kind == "states" else self.metrics
            book.put(key, entry.partition(" ")[2], None)
            self.owners.put(self.topic, entry, None)

    def note(self, book: Book, kind: str, key: str, entry: str, value: object) -> bool:
        """Remember an entry, and that this message announced it."""
        return book.put(key, entry, value) and self.owners.put(
            self.topic, f"{kind} {entry}", [kind, key]
        )

    def keep(self) -> None:
        for book in (self.states, self.available, self.owners, self.metrics):
            book.keep()


def discovered(
    topic: str, component: str, object_id: str, message: Message, state: State
) -> list[Item]:
    """What a discovery message says; an empty one takes back what it announced."""
    made = Announcement(topic, state)
    made.forget()
    if not message.payload:
        made.keep()
        return [Ignored("removed", topic[:80])]
    document = documents.peek(message.payload)
    if not isinstance(document, dict):
        made.keep()
        return [Rejected("", Problem(Reason.WRONG_TYPE, f"{topic[:80]!a} announces no object"))]
    devices: dict[str, Item] = {}
    parents: dict[str, Item] = {}
    unread = 0
    for entity in announced(component, object_id, document):
        for source in entity.sources():
            uid, read = _source(entity, source, made)
            unread += not read
            if uid:
                devices[uid] = _device(uid, entity)
                if via := word(entity.device.get("via_device")):
                    parents[uid] = Discovered(uid, device_uid(via))
    made.keep()
    items = [*parents.values(), *devices.values(), *made.said.values()]
    if unread:
        items.append(Ignored("template_not_supported", topic[:80]))
    return items or [Ignored("no_state_topic", component)]


def _source(entity: Entity, source: Source, made: Announcement) -> tuple[str, bool]:
    """Remember one value of an entity. The uid of its device, "" if it describes itself; and
    whether its template is read here."""
    template = parsed(source.template) if source.template else None
    path = template.path() if template is not None else None
    dialect = made.state.context.claimant(source.topic)
    if dialect:
        origin = ORIGINS.get(dialect, lambda _: None)(source.topic)
        if origin is None:
            return "", True
        uid, above = origin
        metric = metric_name(above, *(path or ()))
    else:
        uid = uid_of(entity, source.topic)
        metric = _own_metric(entity, source, path, uid, made)
        if not metric:
            return "", True
        _availabilities(entity, uid, made)
    if metric:
        made.said[f"{uid} {metric}"] = entity.described(uid, metric, source.stem)
    return uid, template is not None or not source.template


def _own_metric(
    entity: Entity,
    source: Source,
    path: tuple[str, ...] | None,
    uid: str,
    made: Announcement,
) -> str:
    """The metric of a value, remembered with its topic; "" where there is no room. Another entity
    of the device may show the same path of another topic: then the entity's own name counts."""
    entry = f"{made.topic} {entity.object_id} {source.stem}"
    for metric in (metric_of(entity, path, source.stem), metric_of(entity, None, source.stem)):
        holder = made.metrics.of(uid).get(metric)
        if holder not in (None, entry):
            continue
        if not made.note(made.metrics, "metrics", uid, metric, entry):
            return ""
        value = [uid, metric, source.template, source.on, source.off]
        if not made.note(made.states, "states", source.topic, entry, value):
            return ""
        remember_wildcard(source.topic, STATES, made.state)
        return metric
    return ""


def _availabilities(entity: Entity, uid: str, made: Announcement) -> None:
    told = [each for each in entity.available() if not made.state.context.claimant(each.topic)]
    for each in told:
        value = [each.online, each.offline, each.template, each.mode, len(told)]
        made.available.put(each.topic, uid, value)  # of all entities of the device
        remember_wildcard(each.topic, AVAILABLE, made.state)


def _device(uid: str, entity: Entity) -> Described:
    device = entity.device
    addresses = [bare_mac(each) for each in connections(device) if ":" in each]
    aliases = [each for each in [*entity.ids, *addresses] if each != uid]
    return Described(
        uid,
        name=word(device.get("name")),
        model=word(device.get("model")),
        manufacturer=word(device.get("manufacturer")),
        firmware=word(device.get("sw_version")),
        area=word(device.get("suggested_area")),
        aliases=tuple(dict.fromkeys(aliases)),
    )

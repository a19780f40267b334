"""What the bridge listens to: the conventions that are switched on, and filters of the user's."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from bridge.decode import CONVENTIONS, Convention, Decoder
from bridge.decode.conventions import own, pulseboard, unread
from bridge.decode.state import Facts
from bridge.models import TopicFilter
from bridge.mqtt.subscriptions import Subscriptions
from bridge.rules import stored

MAX_FILTERS = 200  # of the user's
ALWAYS = (pulseboard, own, unread)  # whatever is switched off


def conventions() -> tuple[Convention, ...]:
    """Those that are switched on, in their order."""
    wanted = settings.PULSEBOARD_CONVENTIONS
    if not wanted:
        return CONVENTIONS
    return tuple(each for each in CONVENTIONS if each.NAME in wanted or each in ALWAYS)


def decoder(facts: Facts | None = None) -> Decoder:
    """One that decodes with these."""
    return Decoder(facts) if conventions() is CONVENTIONS else Decoder(facts, conventions())


def chosen() -> list[str]:
    """The user's filters: those of the settings, those of the page, those of the rules. Raises what
    the database raises."""
    kept = TopicFilter.objects.order_by("id").values_list("filter", flat=True)[:MAX_FILTERS]
    return [*settings.PULSEBOARD_FILTERS, *kept, *stored.filters()]


def subscriptions(group: str = "") -> Subscriptions:
    """What a worker is to subscribe. Raises what the database raises."""
    of_conventions = [each for one in conventions() if one is not unread for each in one.FILTERS]
    return _subscriptions((*of_conventions, *chosen()), group)


# Asked for each second, and as a rule the same: to compare each filter with each other takes 40 ms
# of the interpreter, in which no message would be read.
@lru_cache(maxsize=4)
def _subscriptions(filters: tuple[str, ...], group: str) -> Subscriptions:
    return Subscriptions(filters, group)

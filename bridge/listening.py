"""What the bridge listens to: the conventions that are switched on, and filters of the user's."""

from __future__ import annotations

import logging
from functools import lru_cache

from django.conf import settings

from bridge.decode import CONVENTIONS, Convention, Decoder
from bridge.decode.conventions import homeassistant, own, pulseboard, unread
from bridge.decode.state import Facts
from bridge.models import ConventionState, TopicFilter
from bridge.mqtt.subscriptions import Subscriptions
from bridge.rules import stored
from devices import topic_filter

logger = logging.getLogger(__name__)

MAX_FILTERS = 200  # of the user's
MAX_ANNOUNCED = 200  # topics that devices announced and nothing else here listens to
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


def announced() -> tuple[str, ...]:
    """The topics that Home Assistant's discovery announced: a device tells its states wherever it
    likes. Raises what the database raises."""
    if homeassistant not in conventions():
        return ()
    topics = ConventionState.objects.filter(
        convention=homeassistant.NAME, scope__in=homeassistant.ANNOUNCED, value__isnull=False
    )
    return tuple(topics.order_by("key").values_list("key", flat=True).distinct())


def subscriptions(group: str = "") -> Subscriptions:
    """What a worker is to subscribe. Raises what the database raises."""
    of_conventions = [each for one in conventions() if one is not unread for each in one.FILTERS]
    return _subscriptions((*of_conventions, *chosen()), announced(), group)


# Asked for each second, and as a rule the same: to compare each filter with each other takes 40 ms
# of the interpreter, in which no message would be read.
@lru_cache(maxsize=4)
def _subscriptions(filters: tuple[str, ...], topics: tuple[str, ...], group: str) -> Subscriptions:
    unheard = [
        topic for topic in topics if not any(topic_filter.covers(each, topic) for each in filters)
    ]
    if len(unheard) > MAX_ANNOUNCED:
        logger.warning(
            "devices announced %d topics of their own to Home Assistant, of which %d are listened"
            " to: add a filter that covers more of them",
            len(unheard),
            MAX_ANNOUNCED,
            extra={"action": "announced_topics"},
        )
    return Subscriptions([*filters, *unheard[:MAX_ANNOUNCED]], group)

"""Where is told, what is to be told there, and what the other side answered."""

from notifications.models.channel import Channel, Kind
from notifications.models.delivery import Delivery
from notifications.models.notification import Notification

__all__ = ["Channel", "Delivery", "Kind", "Notification"]

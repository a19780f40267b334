"""Who is told, where that is, what is to be told there, and what the other side answered."""

from notifications.models.channel import Channel, Kind
from notifications.models.delivery import Delivery
from notifications.models.notification import Notification
from notifications.models.occasion import Decision, Escalation, Occasion
from notifications.models.policy import Policy, PolicyStep
from notifications.models.recipient import Recipient
from notifications.models.team import Rota, RotaMember, Substitution, Team
from notifications.models.wording import Wording

__all__ = [
    "Channel",
    "Decision",
    "Delivery",
    "Escalation",
    "Kind",
    "Notification",
    "Occasion",
    "Policy",
    "PolicyStep",
    "Recipient",
    "Rota",
    "RotaMember",
    "Substitution",
    "Team",
    "Wording",
]

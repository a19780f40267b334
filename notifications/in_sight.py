"""What somebody is told, or was, that they may still see: rights end while it waits to be sent, and
while it is kept."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from access.scope import EVERYTHING, Scope
from notifications.models import Decision, Notification


def own(user_id: int, scope: Scope) -> QuerySet[Notification]:
    """What this user was told, as far as the scope goes: at no site a test, and a digest whose
    alerts all stand where it sees."""
    found = Notification.objects.visible_to(EVERYTHING).filter(user_id=user_id)
    if scope.sites is None:
        return found
    # By user as well: there is an index for that.
    of_it = Decision.objects.visible_to(EVERYTHING).filter(
        user=OuterRef("user"), key=OuterRef("key")
    )
    unseen = of_it.exclude(Decision.standing_at(scope.sites))
    digest = Q(site=None, content__what="digest") & Exists(of_it) & ~Exists(unseen)
    test = Q(site=None, content__what="test")
    return found.filter(Notification.standing_at(scope.sites) | test | digest)


def may_be_told(notification: Notification) -> bool:
    """Whether who it is for may see it now; what is for a shared channel is told."""
    user = notification.user
    if user is None:
        return True
    scope = Scope.of(user)
    return user.is_active and own(user.pk, scope).filter(pk=notification.pk).exists()

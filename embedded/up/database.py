"""The database of `manage.py up`: tables, today's partitions, an operator and a token.

Imported only once the environment names the servers: the settings are read on import.
"""

from __future__ import annotations

import gc
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import django
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db.utils import DatabaseError

from access.roles import Role
from embedded.errors import EmbeddedError

logger = logging.getLogger(__name__)

OPERATOR = "admin"
SIMULATOR = "simulator"  # cannot log in; only its token registers the fleet
TOKEN_LIFE = timedelta(hours=1)
PASSWORD_BYTES = 12  # of randomness: 16 characters
# Objects made until the new, how often those until the old, and these until all are looked through.
SELDOM = (50_000, 50, 1_000)


def migrate() -> None:
    """Bring the tables up to date and make the partitions of these days."""
    try:
        django.setup()
        from devices import clock  # noqa: PLC0415 (needs the settings)
        from telemetry.storage import upkeep  # noqa: PLC0415

        _check_settings()
        with collecting_seldom():
            call_command("migrate", verbosity=0, interactive=False)
        clock.measure()
        upkeep.make_days(clock.now())
    except ImproperlyConfigured as exc:
        raise EmbeddedError(f"A setting is wrong: {exc}", "See docs/operations.md.") from exc
    except DatabaseError as exc:
        raise EmbeddedError(
            f"The database cannot be prepared: {exc}".strip(),
            "Is DATABASE_URL right, and may its user create tables?",
        ) from exc


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """For each migration Django makes every model anew: to look for what of it goes is a quarter of
    the time, and saves 25 MB of a process that ends soon."""
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _check_settings() -> None:
    """What is a mistake is refused, what is doubtful logged."""
    for message in checks.run_checks(tags=["pulseboard"]):
        if message.is_serious():
            raise EmbeddedError(f"A setting is wrong: {message.msg}", message.hint or "")
        logger.warning("%s %s", message.msg, message.hint, extra={"action": "doubtful_setting"})


def ready_made_rules() -> None:
    """Alert rules for the simulated fleet, where there is no device of anybody's yet."""
    from devices.models import Device  # noqa: PLC0415 (needs the settings)

    if not Device.objects.exists():
        call_command("ready_made_rules", "--first", verbosity=0, stdout=StringIO())


def broker_accounts(path: str) -> bool:
    """Give the broker the accounts of devices that its file lacks: it is new, or was lost. Whether
    that was so, and the broker must be started again."""
    said = StringIO()
    call_command("broker", "sync", "--into", path, "--if-lost", stdout=said)
    return "written" in said.getvalue()


def first_operator() -> str | None:
    """Make the operator if there is none that can log in; its password, known only now."""
    from access import printed  # noqa: PLC0415 (a model: needs the settings)

    users = get_user_model()._default_manager
    if users.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    printed.note(users.create_superuser(OPERATOR, password=password))
    return password


def registration_token() -> str:
    """A short-lived API token for the simulated fleet; those of earlier starts end here."""
    from knox.models import get_token_model  # noqa: PLC0415 (needs the settings)

    from devices import clock  # noqa: PLC0415

    user, made = get_user_model()._default_manager.get_or_create(username=SIMULATOR)
    if made:
        user.set_unusable_password()
        user.save()
    # Also of an account from before there were roles: it registers devices.
    user.grants.update_or_create(site=None, defaults={"role": Role.ADMINISTRATOR})
    tokens = get_token_model().objects
    tokens.filter(user=user).delete()
    made, token = tokens.create(user, expiry=None)
    made.expiry = clock.now() + TOKEN_LIFE  # Knox would take it from the clock of this host
    made.save(update_fields=["expiry"])
    return str(token)

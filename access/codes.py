"""Codes of an authenticator app and recovery codes: made and compared. Imported by the views that
do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from access import sealed, tries
from access.factor import CodeApp, RecoveryCode

PURPOSE = "code app"
STEP = 30  # seconds, as every app has it
DIGITS = 6
SLACK = 1  # steps that the app's clock may be off, either way
SECRET_BYTES = 20  # as long as SHA-1's answer, as RFC 4226 wants
RECOVERY_CODES = 10
RECOVERY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none is taken for another
RECOVERY_LENGTH = 12  # letters: 59 bits


def code_at(secret: bytes, step: int) -> str:
    totp = TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303 (as apps have it)
    return totp.generate(step * STEP).decode()


def matching_step(secret: bytes, code: str, now: float) -> int | None:
    """The step that the code is of; None: of none near `now` (Unix seconds)."""
    here, found = int(now) // STEP, None
    for step in range(max(here - SLACK, 0), here + SLACK + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def address(user: User, secret: bytes) -> str:
    """What an app reads from the picture."""
    name = quote(f"Pulseboard:{user.get_username()}")
    return f"otpauth://totp/{name}?secret={spelled(secret)}&issuer=Pulseboard"


def spelled(secret: bytes) -> str:
    return base64.b32encode(secret).decode()


def database_now() -> float:
    """Unix seconds: an app's clock is right, and so must ours be on every host."""
    now = User.objects.values_list(Now(), flat=True)[:1].get()
    return float(now.timestamp())


def keep_app(user: User, secret: bytes, code: str) -> bool:
    """Make this the account's app if the code is its; whether it was."""
    step = matching_step(secret, code, database_now())
    if step is None:
        return False
    CodeApp.objects.update_or_create(
        user=user, defaults={"sealed": sealed.seal(PURPOSE, secret), "last_step": step}
    )
    return True


def is_right(user: User, code: str) -> bool:
    """Whether the code is of the account's app or one of its recovery codes. Each is taken once,
    also by two at the same instant. Raises TooManyTries."""
    with tries.trying(tries.code_buckets(user.pk)) as this:
        plain = "".join(code.lower().split()).replace("-", "")
        right = _is_of_app(user, plain) if plain.isdecimal() else _is_recovery(user, plain)
        if right:
            this.succeeded()
    return right


def _is_of_app(user: User, code: str) -> bool:
    app = CodeApp.objects.filter(user=user).first()
    secret = None if app is None else sealed.unseal(PURPOSE, app.sealed)
    step = None if secret is None else matching_step(secret, code, database_now())
    if step is None:
        return False
    return bool(CodeApp.objects.filter(user=user, last_step__lt=step).update(last_step=step))


def _is_recovery(user: User, code: str) -> bool:
    return bool(RecoveryCode.objects.filter(user=user, digest=_digest(code)).delete()[0])


def new_recovery(user: User) -> list[str]:
    """Recovery codes instead of those there were; known only now."""
    codes = [
        "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(c)) for c in codes)
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def _digest(code: str) -> str:
    # Random enough that a quick digest does.
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()

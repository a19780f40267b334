"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """A made-up operator's password is no secret: one round of hashing, not a half-second's worth.

    The hasher stays the one of production, so a web process verifies what a test has stored.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield

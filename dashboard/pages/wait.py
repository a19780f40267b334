"""How long somebody has to wait, in words."""

from __future__ import annotations

import math

from django.utils.translation import ngettext


def wait_words(seconds: float) -> str:
    """How long, in words that promise nothing too soon."""
    if seconds <= 90:
        rest = math.ceil(seconds)
        return ngettext("in {n} second", "in {n} seconds", rest).format(n=rest)
    minutes = math.ceil(seconds / 60)
    return ngettext("in {n} minute", "in {n} minutes", minutes).format(n=minutes)

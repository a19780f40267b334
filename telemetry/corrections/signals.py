"""Told to who keeps an account of it, in the transaction of the correction: its row is stored with
it or not at all. With `correction` (its series and device loaded), `by` (a user, or None) and
`undone`."""

from __future__ import annotations

from django.dispatch import Signal

readings_corrected = Signal()

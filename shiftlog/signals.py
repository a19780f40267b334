"""What is written in the log, told to those above it. Sent in the transaction that writes it."""

from __future__ import annotations

from django.dispatch import Signal

said = Signal()  # somebody wrote `entry`

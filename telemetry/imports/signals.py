"""What was imported, told to who keeps an account of it: `row`, and `by`, a user or None."""

from django.dispatch import Signal

readings_imported = Signal()

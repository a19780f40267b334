"""`manage.py prove`: a numbered ledger under load, faults at random moments, and the comparison."""

"""Judges committed readings by the rules, and keeps what it found (docs/alerts.md)."""

"""The root of what alerts raise themselves; each error is defined where it is raised."""


class AlertsError(Exception):
    """Whoever judges readings may catch this, and knows that it is none of Python's."""

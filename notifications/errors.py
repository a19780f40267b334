"""The root of what notifications raise themselves; each error is defined where it is raised."""


class NotificationsError(Exception):
    """Whoever has something sent may catch this, and knows that it is none of Python's."""

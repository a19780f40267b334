"""The root of what derived series raise themselves; each error is defined where it is raised."""


class DerivedError(Exception):
    """Whoever computes a series may catch this, and knows that it is none of Python's."""

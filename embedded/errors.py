"""What can go wrong while starting, each with the way out of it."""

from __future__ import annotations


class EmbeddedError(Exception):
    """Something `manage.py up` cannot mend itself. `remedy` says what the operator can do."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}\n{self.remedy}" if self.remedy else self.problem

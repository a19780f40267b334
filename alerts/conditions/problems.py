"""What is wrong with a condition, a schedule or a rule's own words. Pure."""

from __future__ import annotations

from alerts.errors import AlertsError


class InvalidCondition(AlertsError):
    """A document that cannot be used; `errors` has a sentence for each field, by its dotted name
    (`limit`, `names.supply`)."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {said}" for field, said in errors.items()))
        self.errors = errors

"""What is wrong with a rule, and what is wrong with a message under it. Pure."""

from __future__ import annotations

from bridge.decode.items import Reason
from bridge.decode.tolerant import Undecodable
from bridge.errors import BridgeError

MAX_STEPS = 200_000  # values that all rules may look at in one message


class InvalidRule(BridgeError):
    """A definition that cannot be used; `errors` has a sentence for each field, by its dotted name
    (`values.0.scale`)."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {said}" for field, said in errors.items()))
        self.errors = errors


class Budget:
    """How much may still be looked at in one message, so that none takes long."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def spend(self, steps: int = 1) -> None:
        """Raises `Undecodable` when it is used up."""
        self.left -= steps
        if self.left < 0:
            detail = f"reading it takes more than {MAX_STEPS} steps: ask for less of each message"
            raise Undecodable(Reason.TOO_MANY_VALUES, detail)

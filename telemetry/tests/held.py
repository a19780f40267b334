"""A module that holds jobs or followers of a test's own, in place of the apps'."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from telemetry.on_demand import OnDemand

NAME = "made_up_by_a_test"


def holding(patch: pytest.MonkeyPatch, attribute: str, *held: Any) -> OnDemand[Any]:
    module = ModuleType(NAME)
    setattr(module, attribute, held)
    patch.setitem(sys.modules, NAME, module)
    return OnDemand(attribute, [NAME])

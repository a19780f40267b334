"""Series that are computed from others."""

from derived.models.backfill import Backfill
from derived.models.derived_series import DerivedInput, DerivedSeries, Due

__all__ = ["Backfill", "DerivedInput", "DerivedSeries", "Due"]

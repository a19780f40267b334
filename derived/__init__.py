"""Series that are computed from others by a formula."""

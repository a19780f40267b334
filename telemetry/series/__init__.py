"""What a device measures: which series it has, their ids, and word of changes."""

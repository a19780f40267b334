"""The REST API of what was measured and how it got in."""

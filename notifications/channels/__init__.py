"""A way to tell people for each kind of channel."""

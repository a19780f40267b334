"""From messages to batches: stamped, recognised when they come again, put into columns."""

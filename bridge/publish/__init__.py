"""After COMMIT: presence, live frames, and what became of each message."""

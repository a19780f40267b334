"""What was measured: stored once, kept for years, read in any window."""

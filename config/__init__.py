"""Settings, and what stands before every request: hosts, limits, logs, checks."""

"""The servers that are started when none is configured."""

"""REST of alerts: what stands, what people do about it, silences, statistics."""

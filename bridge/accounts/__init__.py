"""The accounts of devices at the broker, kept as they are in the database."""

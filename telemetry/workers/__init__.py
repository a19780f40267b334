"""What every ingest worker has: one holder of its name, its books in the database, its probes."""

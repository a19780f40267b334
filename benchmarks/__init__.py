"""Measurements: ingest, live, history. See benchmarks/README.md."""

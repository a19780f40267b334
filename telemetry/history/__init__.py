"""How readings are read again: windows, buckets, and the time a read may take."""

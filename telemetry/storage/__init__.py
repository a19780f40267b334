"""How readings are kept: written, partitioned, summed up, and removed."""

"""A simulated fleet on the other side of the wire; docs/simulator.md tells how to run it."""

"""Devices that speak and are not registered: they wait, and are adopted, ignored or merged."""

"""What flows through the broker now, and why a message is read as it is."""

"""Who is told of what, when, on which channel, and what the other side answered."""

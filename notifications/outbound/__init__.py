"""The one way out to servers of others, which reaches none of our own."""

"""REST of the log: read it, write in it, what is unread, who is here, hand over."""

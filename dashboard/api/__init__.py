"""REST of what the pages keep: saved views, cards; and the search of everything by name."""

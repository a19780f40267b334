"""REST of derived series."""

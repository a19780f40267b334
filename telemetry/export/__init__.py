"""Answers that are tables, in the formats people read them in, written block by block.

Only `answer` and `table_view` are for others. What needs pyarrow is imported when it is first asked
for: no process may hold 45 MiB for a format nobody wants.
"""

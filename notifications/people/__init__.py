"""Who is told, and when: pure, without a database or a clock; times are the caller's."""

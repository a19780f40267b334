"""The dialects devices speak: one pure module each."""

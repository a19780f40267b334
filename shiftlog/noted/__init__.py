"""What the log notes by itself, because those it tells of stand below it and do not call it."""

"""Rules as people make them: stored and changed over REST, tried on what is stored, as files."""

"""One file that holds everything stored, and back."""

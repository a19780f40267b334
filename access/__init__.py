"""Who may see what. At the bottom: everything may import it, and it imports nothing of ours."""

"""The past of presence: who kept listening, who is away, and what is kept of it."""

"""The contract of live frames between who sends and who shows them."""

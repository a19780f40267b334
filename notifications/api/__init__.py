"""REST of channels, people, rotas, policies, words and what was sent."""

"""What is known here, told to others on the broker: the newest values of chosen series as plain
retained topics, whether their devices are there, and discovery for Home Assistant.

docs/homeassistant.md has topics and documents.
"""

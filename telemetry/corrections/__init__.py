"""Operators delete or replace what a series measured in a range of time, and may undo it."""

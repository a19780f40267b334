"""Tests of the rules by users."""

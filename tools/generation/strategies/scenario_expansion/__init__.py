"""Scenario expansion: an edge case of a real record."""

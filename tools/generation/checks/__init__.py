"""Checks that a candidate record must pass: one file each."""

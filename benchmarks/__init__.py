"""Measurements: run by `make bench`, results in RESULTS.md."""

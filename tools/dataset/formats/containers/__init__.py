"""Kinds of files: what a dataset's bytes are packed in, and how its items stand in them."""

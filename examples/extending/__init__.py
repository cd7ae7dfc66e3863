"""The examples of docs/extending.md, which a test keeps the same as these files and runs."""

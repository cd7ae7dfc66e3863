"""Reports and answers in words."""

"""The typed tools and all that they do."""

"""The optional judge: a model that looks at a record last, after all checks have passed it."""

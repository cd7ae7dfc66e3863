"""The verifier: a model that reads a record last, after all checks of form have passed it, and judges its meaning."""

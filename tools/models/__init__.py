"""Language and embedding models: an endpoint's or the embedded ones."""

"""The workers of a store: what they may carry out, one of them, and what watches them."""

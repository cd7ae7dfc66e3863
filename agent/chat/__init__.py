"""The conversation in a terminal, and the demo."""

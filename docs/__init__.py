"""Pictures for the documentation, and the programs that make them."""

"""Who reads what a person types, and how."""

"""A plan, a person's yes to it, and how far each of its items is."""

"""How varied a set of generated records is, beside the real records of its topic."""

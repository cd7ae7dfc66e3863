"""How English sentences are read where no capable model does."""

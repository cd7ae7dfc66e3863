"""One file for each version of the tables; `migration` carries them out on the caller's transaction."""

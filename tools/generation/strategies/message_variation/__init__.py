"""Message variation: another user at the same point of a real conversation."""

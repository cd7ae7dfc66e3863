"""Conversations: checkpoints, threads, locks, and what happened in them."""

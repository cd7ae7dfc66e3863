"""Synthetic records: strategies that write them, gates that check them, a journal that loses none."""

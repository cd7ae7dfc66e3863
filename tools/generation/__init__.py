"""Synthetic records: strategies that write them, checks that check them, a journal that loses none."""

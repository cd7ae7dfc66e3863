"""Validation: what a trainer would refuse, waste or stumble over, and what each would cost to fix."""

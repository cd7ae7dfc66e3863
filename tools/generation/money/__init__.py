"""What calls cost: prices, budgets, estimates, use, and when a job stops for it."""

"""What to write about: the cases of a topic, planned by the model or brought by the user."""

"""What a person can ask for in the conversation: one typed model for each thing, and what carries it out."""

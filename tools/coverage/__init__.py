"""How records spread over topics, and what would mend it."""

"""Topic description: records from a topic's description, without any of its own."""

"""What is known of texts by their characters alone; nothing of ours lies below it."""

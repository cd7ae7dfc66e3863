"""Read-only tools that answer questions about a workflow: its topics, records, rounds, rejections, and plans."""

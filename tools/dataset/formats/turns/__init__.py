"""What turns are made of in any layout: who speaks, what is said, tools and calls, and the record put together."""

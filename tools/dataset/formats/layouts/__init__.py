"""A file for each layout of records: what tells it, and where its turns are. `registry` asks them in turn."""

"""What a running process tells those who operate it: spans, metrics, lines of a log. Never a text of a dataset."""

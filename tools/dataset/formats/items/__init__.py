"""Items of a file before a layout is asked: what stands around them, in their fields as text, or over several rows."""

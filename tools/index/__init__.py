"""The few-shot index: embeddings of records in Chroma, and records spread over a topic."""

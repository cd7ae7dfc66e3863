"""Few-shot: new records in the manner of real ones."""

"""Records: reading, storing, finding and writing them."""

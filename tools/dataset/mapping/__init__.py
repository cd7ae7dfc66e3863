"""One's own columns: what of an item is which part of a conversation, as a person says it or as its values suggest."""

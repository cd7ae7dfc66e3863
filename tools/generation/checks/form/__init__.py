"""What can be told of a record without knowing what it means: shape, artefacts, copies, topic."""

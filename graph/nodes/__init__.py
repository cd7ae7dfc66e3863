"""The eight nodes of the graph, one file each."""

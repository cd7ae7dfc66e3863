"""One item of a plan being carried out: begun, loaded, resumed, short, undone."""

"""JSON as it is written: one object of a line, what is certain to mend in it, objects that stand within a text."""

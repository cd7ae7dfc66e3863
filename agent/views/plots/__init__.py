"""Pictures of coverage, drawn with matplotlib (the extra ``plots``)."""

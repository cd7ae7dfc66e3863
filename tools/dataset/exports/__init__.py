"""Export formats, one file each: an OpenAI chat record in, the row that a trainer reads out.

A format says what it cannot hold. What a row leaves out is named (`converted.Converted.lost`), and a record that the
format cannot hold at all is refused with the reason (`converted.Unfit`); nothing is dropped in silence.
"""

"""Dataset formats: how a dataset of any trainer becomes OpenAI chat records.

A file is read in two steps. Its container (lines, a JSON list, concatenated objects, a table, Excel, Parquet or Arrow;
compressed or not, UTF-8 or UTF-16) gives items (`containers`, `items`); `read_dataset` finds out which. Each item is
then read by the format that recognises it (`registry` asks `layouts`), which turns it into the body of a record: OpenAI
chat ``messages`` and ``tools``, with the item's other keys beside them under their own names.

A layout's file says where its turns are. Who speaks in them (`roles`), what they say (`content_parts`), which call a
result answers (`tool_calls`) and what is declared (`tool_declarations`) is read by the same code for all (`turns`), put
together in `conversation`.

What has no place in OpenAI chat is not lost. The body then has two more keys at its top level, which an export to
the same format can use:

- ``source_format``: the name of the format that the record came in, such as ``sharegpt``;
- ``source_extra``: an object with what is left. ``messages`` in it maps the index of a turn of the source (as text)
  to that turn as it was, for turns of which some detail could not be expressed; other keys are those of the source.

Both are left out when the messages and tools say everything. How a thing was spelled is not kept: whether a role was
called ``human`` or ``user``, an answer ``output`` or ``response``, a tool list was JSON or JSON in a string.
"""

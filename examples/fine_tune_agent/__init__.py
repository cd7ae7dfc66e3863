"""A fine-tune agent around coverage and generation: topics → coverage → grader → dry run, and back."""

"""Whether a record contradicts itself: what was said, what calls pass, what results give."""

"""Coverage within a topic: how well its records cover turns, length, language, tools and what they are about."""

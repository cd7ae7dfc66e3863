"""What makes one request differ from the next: an explicit aspect in each prompt, drawn by code."""

from __future__ import annotations

MANNERS = (
    "short, like a note",
    "polite, in full sentences",
    "a little annoyed",
    "casual, in lower case",
    "the facts in another order",
    "worried",
    "matter-of-fact",
    "in a hurry",
    "friendly and chatty",
    "careful, one fact after the other",
)
"""How another user puts the same facts: style only, since an invented fact would not fit the reply."""

PERSONAS = (
    "a busy parent",
    "a retired teacher",
    "a small-business owner",
    "a student",
    "a freelance designer",
    "an office manager",
    "a first-time user",
    "a long-time customer",
    "a person who writes short sentences",
    "a non-native speaker of the language",
    "a careful person who lists details",
    "a person in a hurry",
)
"""Who writes."""

SITUATIONS = (
    "it happens for the first time",
    "it happened before and came back",
    "the person compares two things and wants to know the difference",
    "the person wants to do it for somebody else",
    "there is a date or deadline",
    "the person followed instructions and got stuck at one step",
    "the person misunderstood how it works",
    "the person wants to undo something",
    "only one of several items is affected",
    "the person asks what to expect next",
)
"""What the new conversation is about, beside the topic."""

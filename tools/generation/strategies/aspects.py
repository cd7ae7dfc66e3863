"""What makes one request differ from the next: an explicit aspect in each prompt, drawn by code."""

from __future__ import annotations

VARIATION_ASPECTS = (
    "very short, key facts only",
    "polite and in full sentences",
    "a little annoyed, since it has cost time",
    "first what the person was doing when it began, then the facts",
    "the facts in another order, with a direct question at the end",
    "one more thing that was tried without success",
    "everyday words instead of technical terms; names and numbers stay",
    "chatty, with one small typo",
    "what the person expected to happen, then what happens instead",
    "why it matters to the person today",
)
"""How another user's message at the same point of the conversation differs."""

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

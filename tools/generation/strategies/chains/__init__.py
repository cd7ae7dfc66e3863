"""Chains of tool calls: learned from real traces, given other values, and put into conversations."""

"""The command line, its small workflow and its endpoint, as in the tests of the commands."""

from ...agent.conftest import command, endpoint, small, write_dataset

__all__ = ["command", "endpoint", "small", "write_dataset"]

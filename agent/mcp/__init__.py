"""The MCP server: the tools for other programs, none of which can approve."""

import os

# FastMCP reads a `.env` of the current folder as it is imported; there, a file could name code to load.
os.environ.setdefault("FASTMCP_ENV_FILE", os.devnull)

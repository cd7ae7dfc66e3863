"""The MCP server: the tools for other programs, none of which can approve."""

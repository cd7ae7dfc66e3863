"""Tool chain: records in which the assistant calls tools."""

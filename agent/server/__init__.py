"""What `langgraph.json` puts before the LangGraph server: who may send it anything at all."""

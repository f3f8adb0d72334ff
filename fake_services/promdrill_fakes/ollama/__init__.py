"""A stand-in for Ollama."""

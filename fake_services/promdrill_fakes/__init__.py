"""Stand-ins for Ollama, TTS providers and S3 that speak the real wire protocols."""

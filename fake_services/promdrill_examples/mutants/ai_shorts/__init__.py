"""The mutants of `ai_shorts`."""

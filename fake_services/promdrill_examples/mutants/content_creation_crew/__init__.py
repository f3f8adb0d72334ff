"""The mutants of `content_creation_crew`."""

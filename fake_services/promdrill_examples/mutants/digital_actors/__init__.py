"""The mutants of `digital_actors`."""

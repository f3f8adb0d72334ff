"""Starts, watches and ends the parts of a run."""

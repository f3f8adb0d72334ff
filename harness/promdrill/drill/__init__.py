"""Phases and faults on one clock, and the rules in compressed time."""

"""Turns a verdict into what people and programs read."""

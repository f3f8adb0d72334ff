"""Drives the app with Locust and reads back what the clients saw."""

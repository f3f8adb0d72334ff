"""promdrill: fire drills for Prometheus metrics and alerts."""

__version__ = "0.1.0"

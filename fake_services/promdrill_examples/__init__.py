"""Instrumented apps, written as the monitoring documents of each system tell an app to be written."""

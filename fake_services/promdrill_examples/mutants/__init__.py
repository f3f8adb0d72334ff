"""Named ways to break an app's instrumentation: one folder for each system, one module for each mutant."""

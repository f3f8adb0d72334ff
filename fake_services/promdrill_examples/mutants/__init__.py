"""Named ways to break an app's instrumentation: one module for each system, one function for each mutant."""

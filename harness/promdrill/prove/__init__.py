"""Rules proved in virtual time: inputs derived from each alert's expression, judged by promtool alone."""

"""What alerts lived through in a run, and what arrived of them: read off the evidence, judged by the checks."""

"""The Aurea orchestrator: runs tasks on language models and counts what each of them costs."""

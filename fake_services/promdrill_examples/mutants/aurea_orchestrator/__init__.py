"""The mutants of the Aurea orchestrator."""

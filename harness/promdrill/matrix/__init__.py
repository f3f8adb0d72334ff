"""All mutants of a system in one go: lanes that stay up, and in each of them one app after the other."""

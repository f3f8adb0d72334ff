"""`python -m promdrill`: the command."""

from promdrill.cli import main

if __name__ == "__main__":
    main()

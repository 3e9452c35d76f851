"""`python -m xlingual` is the command line."""

from xlingual.cli import main

if __name__ == "__main__":
    main()

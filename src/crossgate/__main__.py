"""`python -m crossgate` is the `crossgate` command."""

from crossgate.cli.main import main

if __name__ == "__main__":
    main()

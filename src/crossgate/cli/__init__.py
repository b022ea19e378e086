"""The `crossgate` command."""

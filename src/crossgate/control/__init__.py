"""The only writer: one verb per use case."""

"""What the control plane remembers: one SQLite database, and the only place that knows SQL."""

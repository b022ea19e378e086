"""What it costs to know who calls: CPU time of a worker for calls that are checked, beside the same calls unchecked."""

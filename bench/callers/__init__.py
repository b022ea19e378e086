"""What it costs to know who calls: CPU time of a worker for checked calls, beside the same calls unchecked."""

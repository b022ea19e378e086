"""Config and Snapshot, and the only road between them."""

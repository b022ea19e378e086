"""Crossgate beside nginx on one core each, the same backend and the same CORS policy: `make bench`."""

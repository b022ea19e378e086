"""The contract over HTTP: thin over control, one file per object."""

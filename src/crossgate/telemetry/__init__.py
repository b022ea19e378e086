"""What the gateway tells of its traffic, and where it goes."""

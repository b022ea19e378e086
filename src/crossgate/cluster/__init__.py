"""How processes of one gateway tell each other of a new revision."""

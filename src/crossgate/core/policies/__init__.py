"""The policies: one file holds the schema, the meaning and the stage of one policy."""

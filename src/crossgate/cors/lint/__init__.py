"""The CORS linter: what is dangerous or broken in a configuration, whoever's configuration it is."""

"""What the property tests of this folder share."""

from hypothesis import settings

# The first policy with a host pattern waits for the Public Suffix List, which is nothing to fail about.
settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")

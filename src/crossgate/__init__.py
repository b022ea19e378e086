"""Crossgate: a self-hosted API gateway with cross-origin access at its heart."""

__version__ = "0.1.0"

"""Tests of the CORS linter."""

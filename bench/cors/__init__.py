"""How much a CORS decision costs, and what it does not grow with: `python -m bench.cors`."""

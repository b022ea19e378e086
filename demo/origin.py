"""A web origin: an ordinary static site, run as `python -m demo.origin DIRECTORY`."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler

from demo.serving import serve

if __name__ == "__main__":
    serve(partial(SimpleHTTPRequestHandler, directory=sys.argv[1]))

"""The demonstration: a gateway, a sample backend and two web origins, seen on the wire and from a browser."""

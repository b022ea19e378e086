"""The data plane: the sockets that carry traffic."""

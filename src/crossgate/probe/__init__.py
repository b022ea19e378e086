"""The probe: asks live servers over HTTP/1.1, exactly what a browser would ask. Waits on the network.

    network = Network(Manners(timeout_s=10))
    story = fetch(page, ask, network.answer, Browser(profile="chromium"))

It deviates from the HTTP clients there are on purpose: they refuse, repair or join header fields that a browser
takes as they are, and it is those that one asks about.
"""

from crossgate.probe.network import Manners, Network, harmless

__all__ = ["Manners", "Network", "harmless"]

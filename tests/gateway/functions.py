"""Functions of authorizers, called inside the gateway's own process."""

import time
from typing import Any


def allow(event: dict[str, Any]) -> dict[str, Any]:
    """Lets in whom the header X-Who names, and says so."""
    who = event["headers"].get("X-Who")
    context = {"who": who, "level": 3, "told": event["user_data"]}
    return {"status": "allow" if who else "deny", "context": context}


def sleep(event: dict[str, Any]) -> dict[str, Any]:
    """Takes its time."""
    time.sleep(1)
    return {"status": "allow"}

"""Which of the known apps may call an API, and from where (gateway.md 1.5)."""

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.call import Call, Check


def authorization_check(app_ids: frozenset[str]) -> Check:
    """Refuses an app that is not authorized for the API in this environment."""

    def check(call: Call) -> None:
        if call.app is None or call.app.id not in app_ids:
            raise Fault(runtime.APP_UNAUTHORIZED)

    return check


def app_address_check(call: Call) -> None:
    """Refuses an app that its own access control does not let be used from where the call comes."""
    if call.app is not None and not call.app.may_call_from(call.client):
        raise Fault(runtime.APP_ADDRESS_DENIED)

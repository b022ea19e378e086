"""Where a call comes from: the connection's other end, or what a trusted proxy in front says (gateway.md 1.14)."""

import msgspec


class ClientAddressRule(msgspec.Struct, frozen=True, kw_only=True):
    """The features `real_ip_from_xff` and `real_ip_header_getter` as configured.

    `xff_index` counts the addresses of X-Forwarded-For, from the left from 0 on, from the right from -1 on; None
    does not read it. `header` is the lower-case field that holds the address instead, None for none.
    """

    xff_index: int | None = None
    header: str | None = None

"""One API by its definition alone, without what guards it otherwise: what is debugged (gateway.md 2.6)."""

import msgspec

from crossgate.core.policies.client_address import ClientAddressRule
from crossgate.core.policies.credentials import AppConfig
from crossgate.core.snapshot.config import Config, PublishedApi

replace = msgspec.structs.replace


def alone(config: Config, *, over_tls: bool, admits_every_app: bool) -> Config:
    """`config`, which holds one API, without limits on calls, quotas and access control of apps.

    `over_tls`: the call is to count as one that came by HTTPS. `admits_every_app`: an app need not be authorized.
    """
    (api,) = config.apis
    if over_tls:
        # The data plane speaks plain HTTP alone, and takes what is for HTTPS alone to be unreachable.
        api = replace(api, req_protocol="BOTH")
    if admits_every_app:
        api = replace(api, app_ids=tuple(app.id for app in config.apps))
    modes = replace(config.features.app_modes, refuses_replays=False)
    return replace(
        config,
        apis=(_unbound(api),),
        groups=tuple(
            replace(group, debug_domain_enabled=True) for group in config.groups if group.id == api.group_id
        ),
        apps=tuple(map(_unlimited, config.apps)),
        # The other end of the connection is this gateway: no header says better where the call comes from.
        features=replace(
            config.features, app_modes=modes, calls_per_second=None, client_address=ClientAddressRule()
        ),
    )


def _unbound(api: PublishedApi) -> PublishedApi:
    return replace(api, plugin_ids=(), throttle_id=None, access_control_ids=(), signature_key_id=None)


def _unlimited(app: AppConfig) -> AppConfig:
    return replace(app, acl_type=None, acl_values=(), quota=None)

"""Debugging: an API is called once, for its developer, by its definition alone (gateway.md 2.6).

The call goes through a gateway inside this process, made for it. Policies have no part in it (gateway.md 2.2):
plugins, throttling, quotas, access control, signature keys, the gateway's own limit on calls. What the definition
itself says holds: authentication, authorizers, parameters, the backend, the group's gateway responses. Where the
contract is silent:

- Mode MARKET debugs what mode CONSUMER does: there is no market here.
- An app that proves who it is counts as authorized in mode DEVELOPER, where nothing is published that it could be
  authorized for. In mode CONSUMER it has to be, as in a real call.
- Who calls wrongly reads in `response` what a real caller would (APIG.0303 for a wrong secret): that is what is
  debugged. What cannot be called at all is refused by the admin API.
- An API of auth type IAM is called as the operator who debugs it, unless they send a proof of their own.
- Without TLS here, scheme HTTPS is a call as a TLS terminator would pass it on.
- An answer that does not come, or is not whole, is told as far as it came; `log` says so.
"""

import asyncio
from typing import Final

from crossgate.control import apis, audit, authorizers, config, limits
from crossgate.control.audit import Actor
from crossgate.control.config import Bound, Reached, published_api
from crossgate.control.control import Control
from crossgate.control.debug_request import Signer, debug_request
from crossgate.core.errors.admin import (
    CANNOT_BE_DEBUGGED,
    ENVIRONMENT_NOT_FOUND,
    PARAMETER_ERROR,
    PUBLICATION_NOT_FOUND,
    invalid,
    refusal,
)
from crossgate.core.model import debug as model
from crossgate.core.model import servable
from crossgate.core.model.debug import MAX_BODY_BYTES, PROOFS, ApiDebugInfo, DebugApiV2Response
from crossgate.core.model.environment import RELEASE_ID
from crossgate.core.model.variable import names_in
from crossgate.core.policies.functions import PYTHON
from crossgate.core.snapshot.alone import alone
from crossgate.core.snapshot.compile import compile_config
from crossgate.core.snapshot.config import Config, PublishedApi
from crossgate.gateway.single_call import Told, single_call
from crossgate.store import callers, publications
from crossgate.store.rows import Session, find
from crossgate.store.tables import Api, Environment, Operator

TIMEOUT_S: Final = 60.0


async def debug(control: Control, actor: Actor, api_id: str, body: ApiDebugInfo) -> DebugApiV2Response:
    """One call to an API, as it was last edited or as it is published; raises where it cannot be called at all."""
    findings = model.findings(body)
    if findings:
        raise refusal(findings)
    is_edited = body.mode == "DEVELOPER"
    async with control.changing(actor, audit.DEBUG_API, body.noted()) as change:
        session = change.session
        api = await apis.get(session, api_id)
        change.of(api.id, api.name)
        definition = await (_edited(session, api) if is_edited else _published(session, api, body.environment))
        if body.scheme == "HTTPS" and definition.req_protocol == "HTTP":
            raise invalid("scheme", "The API takes HTTP alone", "Use HTTP, or let the API take BOTH.")
        held = await config.holding(session, (definition,), control.functions)
        signer = await _signer(control, session, actor, held, body)
    bare = alone(held, over_tls=body.scheme == "HTTPS", admits_every_app=is_edited)
    # Of a gateway with many apps it takes a while, and requests go on meanwhile.
    snapshot = await asyncio.to_thread(compile_config, bare, control.seal.open)
    host = body.domain or bare.groups[0].debug_domain
    request = debug_request(body, host, None if is_edited else body.environment, signer, control.now())
    told = await single_call(
        snapshot,
        request.on_the_wire,
        longest_body=MAX_BODY_BYTES,
        timeout_s=TIMEOUT_S,
        allowed_python=frozenset(each for each in control.functions.values() if each.startswith(PYTHON)),
    )
    return DebugApiV2Response(
        request=request.shown, response=_text(told), latency=round(told.seconds * 1000), log=_log(told)
    )


async def _edited(session: Session, api: Api) -> PublishedApi:
    """The definition as it was last edited, as if it were published; raises where it could not be."""
    edited = apis.definition(api)
    obstacles = servable.obstacles(edited)
    if obstacles:
        raise PARAMETER_ERROR.because("; ".join(obstacles))
    backend = edited.backend_api
    if backend is not None and edited.backend_type == "HTTP":
        names = sorted(names_in(backend.url_domain or "") | names_in(backend.req_uri or ""))
        if names:
            listed = ", ".join(f"#{name}#" for name in names)
            raise CANNOT_BE_DEBUGGED.because(
                f"the backend uses {listed}, which only an environment has a value for: publish the API there, "
                "and debug it in mode CONSUMER"
            )
    await authorizers.check_named(session, edited)
    longest_ms = (await limits.read(session)).backend_timeout_ms
    return published_api(api.definition, Reached(api.id, RELEASE_ID), longest_ms=longest_ms)


async def _published(session: Session, api: Api, environment: str) -> PublishedApi:
    """The definition in effect in `environment`; raises where there is none."""
    running = await publications.running(session, [api.id])
    place = next((place for place in running if place.Environment.name == environment), None)
    if place is None:
        if await find(session, Environment, name=environment) is None:
            raise ENVIRONMENT_NOT_FOUND.naming(environment)
        raise PUBLICATION_NOT_FOUND.naming(f"{api.id}: the API is not published in {environment}")
    env_id = place.Environment.id
    app_ids = (await callers.authorizations(session)).get((api.id, env_id), ())
    longest_ms = (await limits.read(session)).backend_timeout_ms
    reached = Reached(api.id, env_id, place.Publication.id)
    return published_api(place.Version.definition, reached, Bound(app_ids=tuple(app_ids)), longest_ms)


async def _signer(
    control: Control, session: Session, actor: Actor, held: Config, body: ApiDebugInfo
) -> Signer | None:
    """Who signs the call: the app, or, where operators are asked for, the one who debugs."""
    (api,) = held.apis
    if api.auth_type == "APP" and body.app_key:
        return Signer(body.app_key, body.app_secret, held.features.app_modes.header)
    if api.auth_type == "IAM" and not body.header_names & PROOFS:
        operator = await session.get(Operator, actor.user)
        if operator is not None:
            secret = control.seal.open(operator.secret_key, operator.access_key)
            return Signer(operator.access_key, secret.decode())
    return None


def _text(told: Told) -> str:
    """The response, its line ends LF; empty where there is none."""
    if not told.head:
        return ""
    head = "".join(line.decode("utf-8", "replace") + "\n" for line in told.head)
    return head + "\n" + told.body.decode("utf-8", "replace") + ("[TRUNCATED]" if told.is_shortened else "")


def _log(told: Told) -> str:
    notes = [line.decode().rstrip() for line in told.lines]
    if not told.is_complete and told.seconds >= TIMEOUT_S:
        notes.append(f"There was no whole answer within {TIMEOUT_S:.0f} seconds.")
    elif not told.is_complete:
        notes.append("The answer broke off.")
    return "\n".join(notes)

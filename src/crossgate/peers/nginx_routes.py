"""What nginx does with a location beside CORS: who may use it, where it goes, and what comes first."""

import re
from urllib.parse import urlsplit

from crossgate.cors.lint.subject import Auth, Order, PathMatching, Place, Route
from crossgate.peers.nginx_answers import is_redirect, nearest
from crossgate.peers.nginx_requests import Outcome
from crossgate.peers.nginx_syntax import Directive

Chain = tuple[Directive, ...]

PASSING = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")
MAKING_ANSWERS = {*PASSING, "content_by_lua_block", "content_by_lua", "content_by_lua_file", "js_content", "perl"}
MODIFIERS: dict[str, PathMatching] = {"=": "exact", "^~": "prefix", "~": "regex", "~*": "regex-ignoring-case"}
INTERNAL = ("stub_status", "vhost_traffic_status_display", "api", "check_status", "upstream_conf", "status")
AUTH: dict[str, Auth] = {
    "auth_basic": "basic",
    "auth_jwt": "bearer",
    "auth_request": "other",
    "access_by_lua_block": "other",
    "access_by_lua_file": "other",
    "ssl_verify_client": "mtls",
}
OWN_HEADER = re.compile(r"^\$http_(\w+)$")


def route(chain: Chain, upstreams: dict[str, tuple[str, ...]]) -> Route:
    """What is known about the requests that end up in the last block of a chain."""
    leaf = chain[-1]
    server = next((block for block in chain if block.name == "server"), None)
    names = [arg for name in nearest(chain, "server_name") for arg in name.args if arg != "_"]
    modifier, path = _location(leaf) if leaf.name == "location" else (None, "")
    return Route(
        name=" ".join([*names[:1], path]).strip(),
        paths=(path,) if path and not path.startswith("@") else (),
        path_matching=modifier,
        methods=_methods(leaf),
        auth=_auth(chain),
        is_https=_is_https(server),
        upstreams=tuple(dict.fromkeys(url for to in passing(leaf) for url in _urls(to, upstreams))),
    )


def order(chain: Chain, outcome: Outcome) -> Order:
    """What comes before the CORS headers of this outcome.

    A preflight that the rewrite phase answers never meets the access phase: nothing there is in its way.
    """
    answered = outcome.preflight.returned is not None
    limit = next((each for each in chain[-1].inside if each.name == "limit_except" and _refuses(each)), None)
    auth = next((place for name in AUTH for place in _asks(chain, name)), None)
    redirects = [*outcome.preflight.redirects, *(each for one in outcome.actual for each in one.redirects)]
    redirects += [each.returned for each in outcome.answers if each.returned and is_redirect(each.returned)]
    return Order(
        cache=_cache(chain),
        redirect=redirects[0].place if redirects else None,
        auth=None if answered else auth,
        method_filter=limit.place if limit and not answered and "OPTIONS" not in limit.args else None,
    )


def passing(leaf: Directive) -> list[Directive]:
    """The directives that hand a request on; nginx inherits them into an `if` but into no other block."""
    blocks = [leaf, *(each for each in leaf.inside if each.name in {"if", "limit_except"})]
    return [each for block in blocks for each in block.inside if each.name in PASSING and each.args]


def hides(chain: Chain, header: str) -> bool:
    """Whether a header of the backend is taken away."""
    kinds = {each.name.removesuffix("_pass") for each in passing(chain[-1])}
    hidden = [nearest(chain, f"{kind}_hide_header") for kind in kinds]
    return bool(hidden) and all(
        any(each.args and each.args[0].lower() == header for each in one) for one in hidden
    )


def refuses_options(chain: Chain) -> bool:
    """Whether nginx answers OPTIONS 405: it does where files are all that it has to give."""
    names = {each.name for each in chain[-1].inside}
    return (
        _has_files_alone(chain)
        and not names & {"limit_except", "dav_methods"}
        and not nearest(chain, "error_page")
    )


def trusted_headers(chain: Chain) -> tuple[str, ...]:
    """Request headers that are believed: what tells the client's address, and what is handed on as it came."""
    found = [each.args[0] for each in nearest(chain, "real_ip_header") if each.args]
    for each in nearest(chain, "proxy_set_header", "fastcgi_param"):
        name, value = each.args[:2] if len(each.args) >= 2 else ("", "")
        own = OWN_HEADER.match(value)
        if value == "$proxy_add_x_forwarded_for" or (own and own[1] == name.lower().replace("-", "_")):
            found.append(name)
    return tuple(dict.fromkeys(name for name in found if name.lower().startswith(("x-", "forwarded", "remote-"))))


def is_internal(chain: Chain) -> Place | None:
    """Where it says that this is a status or management page of nginx."""
    return next((each.place for each in chain[-1].inside if each.name in INTERNAL), None)


def upstreams_of(directives: list[Directive]) -> dict[str, tuple[str, ...]]:
    """The servers of every `upstream`, by its name."""
    return {
        each.args[0]: tuple(one.args[0] for one in each.inside if one.name == "server" and one.args)
        for each in directives
        if each.name == "upstream" and each.args
    }


def _location(leaf: Directive) -> tuple[PathMatching | None, str]:
    args = leaf.args
    if len(args) >= 2 and args[0] in MODIFIERS:
        return MODIFIERS[args[0]], args[1]
    # `location =/x` and `location ~^/x` are written without a space, too.
    word = args[0] if args else ""
    for modifier in ("^~", "~*", "~", "="):
        if word.startswith(modifier):
            return MODIFIERS[modifier], word.removeprefix(modifier)
    return (None if word.startswith("@") else "prefix"), word


def _methods(leaf: Directive) -> tuple[str, ...] | None:
    for each in leaf.inside:
        if each.name == "limit_except" and _refuses(each):
            return (*each.args, *(("HEAD",) if "GET" in each.args and "HEAD" not in each.args else ()))
    return None


def _refuses(limit: Directive) -> bool:
    return any(each.name in {"deny", "auth_basic", "return"} for each in limit.inside)


def _asks(chain: Chain, name: str) -> list[Place]:
    found = nearest(chain, name)
    is_on = found and found[0].args[:1] not in {("off",), ("optional",), ("optional_no_ca",), ()}
    return [found[0].place] if is_on else []


def _auth(chain: Chain) -> frozenset[Auth] | None:
    """Who may come in. Without a word about it, a backend may still ask; files are for everyone."""
    kinds = {kind for name, kind in AUTH.items() if _asks(chain, name)}
    if any(each.name == "deny" and each.args == ("all",) for each in nearest(chain, "allow", "deny")):
        kinds.add("ip")
    if kinds:
        return frozenset(kinds)
    return frozenset({"none"}) if _has_files_alone(chain) else None


def _has_files_alone(chain: Chain) -> bool:
    names = {each.name for each in chain[-1].inside}
    has_root = bool(nearest(chain, "root", "alias"))
    return chain[-1].name == "location" and has_root and not names & {*MAKING_ANSWERS, "try_files", "rewrite"}


def _is_https(server: Directive | None) -> bool | None:
    """Whether browsers come by https. A server without TLS does not say: something in front of it may have it."""
    listens = [each for each in server.inside if each.name == "listen"] if server else []
    if any("ssl" in each.args or "quic" in each.args for each in listens):
        return True
    if server and any(each.name == "ssl" and each.args == ("on",) for each in server.inside):
        return True
    return None


def _cache(chain: Chain) -> Place | None:
    """The response cache, when it keeps the backend's CORS headers and does not tell origins apart."""
    for kind in ("proxy", "fastcgi", "uwsgi", "scgi"):
        found = nearest(chain, f"{kind}_cache")
        if not found or found[0].args == ("off",) or hides(chain, "access-control-allow-origin"):
            continue
        keys = nearest(chain, f"{kind}_cache_key")
        if not any("$http_origin" in arg for key in keys for arg in key.args):
            return found[0].place
    return None


def _urls(to: Directive, upstreams: dict[str, tuple[str, ...]]) -> list[str]:
    """Where a request goes: every server of a named group, or the one address."""
    written = to.args[0]
    if "unix:" in written:
        return [written[written.index("unix:") :]]
    if to.name not in {"proxy_pass", "grpc_pass"} or "://" not in written:
        written = f"{to.name.removesuffix('_pass')}://{written}"
    try:
        parts = urlsplit(written)
    except ValueError:
        return [written]
    servers = upstreams.get(parts.netloc) or (parts.netloc,)
    return [f"{parts.scheme}://{server}" for server in servers]

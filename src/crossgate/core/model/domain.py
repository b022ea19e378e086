"""Independent domains of a group (gateway.md 1.2)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from crossgate.core.errors.admin import INVALID_DOMAIN
from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import rule

MinSslVersion = Literal["TLSv1.1", "TLSv1.2"]

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
DomainName = Annotated[
    str,
    rule(
        rf"(?=.{{1,255}}$)(?:\*\.)?(?:{_LABEL}\.){{1,7}}[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]\.?",
        "Write a domain such as www.example.com, or *.example.com for all domains below it; no port, no scheme.",
        INVALID_DOMAIN,
    ),
]


def _known_port(number: int) -> int:
    if number in {-1, 80, 443} or 1024 <= number <= 49151:
        return number
    raise PydanticCustomError(
        "rule", "The port is out of range", {"fix": "Use -1 (off), 80, 443 or 1024 to 49151."}
    )


IngressPort = Annotated[int, AfterValidator(_known_port)]


class UrlDomainCreate(Request):
    """A domain to attach; TLS 1.1 is the contract's floor unless the caller raises it."""

    url_domain: DomainName
    min_ssl_version: MinSslVersion = "TLSv1.1"
    is_http_redirect_to_https: bool = False
    ingress_http_port: IngressPort = 80
    ingress_https_port: IngressPort = 443


class UrlDomainModify(Request):
    """What can be changed about a domain; a port left out stays as it is."""

    min_ssl_version: MinSslVersion
    is_http_redirect_to_https: bool | None = None
    verified_client_certificate_enabled: bool | None = None
    ingress_http_port: IngressPort | None = None
    ingress_https_port: IngressPort | None = None


class UrlDomain(Response):
    """A domain as shown inside its group: `cname_status` 3 is resolved."""

    id: str
    domain: str
    cname_status: int = 3
    min_ssl_version: str
    verified_client_certificate_enabled: bool = False
    is_has_trusted_root_ca: bool = False
    ingress_http_port: int = 80
    ingress_https_port: int = 443
    ssl_infos: list[object] = Field(default_factory=list)


class UrlDomainInfo(Response):
    """A domain after attaching or changing it: `status` 3 is available."""

    url_domain: str
    id: str
    status: int = 3
    min_ssl_version: str
    is_http_redirect_to_https: bool = False
    verified_client_certificate_enabled: bool = False
    ingress_http_port: int = 80
    ingress_https_port: int = 443

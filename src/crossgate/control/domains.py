"""Independent domains of a group (gateway.md 1.2)."""

from crossgate.control import audit, groups
from crossgate.control.audit import Actor
from crossgate.control.config import DEBUG_DOMAIN
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import (
    DOMAIN_NOT_FOUND,
    DOMAIN_OF_ANOTHER_GROUP,
    DOMAIN_TAKEN,
    TOO_MANY_DOMAINS,
    invalid,
)
from crossgate.core.model.domain import UrlDomainCreate, UrlDomainInfo, UrlDomainModify
from crossgate.store.rows import Session, count, find
from crossgate.store.tables import Domain

MAX_DOMAINS_PER_GROUP = 5


async def attach(control: Control, actor: Actor, group_id: str, body: UrlDomainCreate) -> UrlDomainInfo:
    """Let a group be called by one more domain; `*.aaa.com` stands for every domain below aaa.com."""
    url_domain = body.url_domain.lower().removesuffix(".")
    async with control.changing(actor, audit.ATTACH_DOMAIN, body) as change:
        group = await groups.get(change.session, group_id)
        change.of(group.id, group.name)
        if url_domain.endswith(DEBUG_DOMAIN.format("")):
            raise invalid("url_domain", f"{url_domain} is a debug domain", "Use a domain of your own.")
        if await find(change.session, Domain, url_domain=url_domain) is not None:
            raise DOMAIN_TAKEN.naming()
        if await count(change.session, Domain, group_id=group_id) >= MAX_DOMAINS_PER_GROUP:
            raise TOO_MANY_DOMAINS.naming()
        domain = Domain(
            id=new_id(),
            group_id=group_id,
            **body.model_dump(exclude={"url_domain"}),
            url_domain=url_domain,
        )
        change.session.add(domain)
        return _info(domain)


async def update(
    control: Control, actor: Actor, group_id: str, domain_id: str, body: UrlDomainModify
) -> UrlDomainInfo:
    """Change a domain's TLS settings and ports; what is left out stays."""
    async with control.changing(actor, audit.UPDATE_DOMAIN, body) as change:
        group = await groups.get(change.session, group_id)
        change.of(group.id, group.name)
        domain = await _get(change.session, group_id, domain_id)
        for field, value in body.model_dump(exclude_none=True).items():
            setattr(domain, field, value)
        return _info(domain)


async def detach(control: Control, actor: Actor, group_id: str, domain_id: str) -> None:
    """Stop a group from being called by a domain."""
    async with control.changing(actor, audit.DETACH_DOMAIN, {}) as change:
        group = await groups.get(change.session, group_id)
        change.of(group.id, group.name)
        await change.session.delete(await _get(change.session, group_id, domain_id))


async def _get(session: Session, group_id: str, domain_id: str) -> Domain:
    domain = await session.get(Domain, domain_id)
    if domain is None:
        raise DOMAIN_NOT_FOUND.naming()
    if domain.group_id != group_id:
        raise DOMAIN_OF_ANOTHER_GROUP.naming()
    return domain


def _info(domain: Domain) -> UrlDomainInfo:
    return UrlDomainInfo(
        id=domain.id,
        url_domain=domain.url_domain,
        min_ssl_version=domain.min_ssl_version,
        is_http_redirect_to_https=domain.is_http_redirect_to_https,
        verified_client_certificate_enabled=domain.verified_client_certificate_enabled,
        ingress_http_port=domain.ingress_http_port,
        ingress_https_port=domain.ingress_https_port,
    )

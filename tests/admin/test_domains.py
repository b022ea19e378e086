"""Independent domains, through the cloud's SDK."""

from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal


def test_a_domain_lives_from_attaching_to_detaching(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """A domain is attached, changed and detached, and its group shows it in between."""
    attached = cloud.associate_domain_v2(
        group_id=group.id, body=sdk.UrlDomainCreate(url_domain="shop.example.com")
    )
    assert (attached.status_code, attached.url_domain, attached.status) == (201, "shop.example.com", 3)
    assert (attached.min_ssl_version, attached.is_http_redirect_to_https) == ("TLSv1.1", False)

    change = sdk.UrlDomainModify(min_ssl_version="TLSv1.2")
    changed = cloud.update_domain_v2(group_id=group.id, domain_id=attached.id, body=change)
    assert (changed.status_code, changed.id, changed.min_ssl_version) == (201, attached.id, "TLSv1.2")
    (shown,) = cloud.show_details_of_api_group_v2(group_id=group.id).url_domains
    assert (shown.id, shown.domain, shown.min_ssl_version) == (attached.id, "shop.example.com", "TLSv1.2")

    assert cloud.disassociate_domain_v2(group_id=group.id, domain_id=attached.id).status_code == 204
    assert cloud.show_details_of_api_group_v2(group_id=group.id).url_domains == []
    again = refusal(cloud.disassociate_domain_v2, group_id=group.id, domain_id=attached.id)
    assert again == (404, "APIG.3020")


def test_a_domain_belongs_to_one_group(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """A domain that is attached anywhere, in any case, cannot be attached again."""
    cloud.associate_domain_v2(group_id=group.id, body=sdk.UrlDomainCreate(url_domain="*.once.example.com"))
    again = sdk.UrlDomainCreate(url_domain="*.ONCE.example.com")
    assert refusal(cloud.associate_domain_v2, group_id=group.id, body=again) == (400, "APIG.3305")

"""What was used to prove who calls is written down nowhere, however it was used."""

import json
from pathlib import Path

from huaweicloudsdkapig import v2 as sdk

from tests.e2e.callers import Site, Workers, basic, by_cloud_signer, log_in
from tests.e2e.running import Crossgate

OK = {(200, "")}


def places(data: Path, secret: str) -> list[str]:
    """The files below `data` that hold `secret` as it is."""
    files = [
        path for path in data.rglob("*") if path.is_file() and path.name not in {"operator.json", "secret.key"}
    ]
    assert {"guarded.db", "snapshot.json", "access.log", "counters"} <= {path.name for path in files}
    return [path.name for path in files if secret.encode() in path.read_bytes()]


def test_no_secret_is_written_down(guarded: Crossgate, site: Site, workers: Workers) -> None:
    """Database and audit trail, snapshot, counters and logs hold none, used rightly or wrongly."""
    api = site.publish("/orders", "APP")
    app = site.app("shop", api)
    code, token_key = site.app_code(app), "the-key-of-tokens-0123456789"
    chosen = site.cloud.create_an_app_v2(body=sdk.AppCreate(name="chosen", app_secret="chosen-secret-0123"))
    site.cloud.create_app_code_v2(app_id=app.id, body=sdk.AppCodeCreate(app_code="AppCode-" * 8))
    reset = site.cloud.resetting_app_secret_v2(
        app_id=chosen.id, body=sdk.AppResetCreate(app_secret="reset-secret#1")
    )
    made = site.cloud.create_signature_key_v2(body=sdk.BaseSignature(name="no_secret", sign_type="hmac"))
    site.cloud.associate_signature_key_v2(body=sdk.SignApiBinding(sign_id=made.id, publish_ids=[api.publish_id]))
    site.feature("app_token", {"enable": "on", "app_token_key": token_key})
    for feature in ("app_secret", "app_basic", "signature_replay"):
        site.feature(feature)
    form = f"grant_type=client_credentials&client_id={app.key}&client_secret={app.secret}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    token = json.loads(
        workers.one(site.request("/v1/apigw/oauth2/token", kind, method="POST", body=form.encode())).body
    )
    operator, access = guarded.operator, log_in(guarded)
    site.publish("/ours", "IAM")
    for path, fields in (
        ("/orders", {"X-Apig-AppCode": code}),
        ("/orders", {"X-Apig-AppCode": "AppCode-" * 8}),
        ("/orders", {"X-HW-ID": app.key, "X-HW-AppKey": app.secret}),
        ("/orders", basic(app)),
        ("/orders", {"Authorization": "Bearer " + token["access_token"]}),
        ("/ours", {"X-Auth-Token": access}),
    ):
        assert workers.outcomes(site.request(path, fields)) == OK, fields
        # The same once more as part of something that is refused.
        worse = {name: value + "x" if name != "X-HW-ID" else value for name, value in fields.items()}
        assert (
            workers.outcomes(site.request(f"{path}?{next(iter(worse.values()))[:200].replace(' ', '')}", worse))
            != OK
        )
    assert workers.one(site.signed(app, "/orders")).status == 200
    assert (
        workers.one(by_cloud_signer(site, "/ours", operator["access_key"], operator["secret_key"])).status == 200
    )

    secrets = [app.secret, code, "AppCode-" * 8, "chosen-secret-0123", reset.app_secret, token_key]
    secrets += [
        made.sign_secret,
        token["access_token"],
        token["refresh_token"],
        access,
        basic(app)["Authorization"][6:],
    ]
    secrets += [
        operator["secret_key"],
        operator["password"],
        (guarded.data / "secret.key").read_text("ascii").strip(),
    ]
    assert {secret[:4]: found for secret in secrets if (found := places(guarded.data, secret))} == {}
    assert not [secret[:4] for secret in secrets if secret in guarded.said + guarded.log]
    assert app.key in (guarded.data / "snapshot.json").read_text("utf-8")
    for feature in ("app_secret", "app_basic", "signature_replay", "app_token"):
        site.feature(feature, "", enable=False)

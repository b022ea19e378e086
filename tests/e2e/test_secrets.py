"""What was used to prove who calls is written down nowhere, however it was used."""

import json
from pathlib import Path

from huaweicloudsdkapig import v2 as sdk

from tests.e2e.callers import Site, Workers, basic, by_cloud_signer, log_in
from tests.e2e.running import Crossgate, wait_until

OK = {(200, "")}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MEANT_FOR_THEM = {"operator.json", "secret.key"}
CHOSEN_SECRET, RESET_SECRET = "chosen-secret-0123", "reset-secret#1"
CHOSEN_CODE = "AppCode-" * 8
TOKEN_KEY = "the-key-of-tokens-0123456789"


def places(data: Path, secret: str) -> list[str]:
    """The files below `data` that hold `secret` as it is."""
    files = [path for path in data.rglob("*") if path.is_file() and path.name not in MEANT_FOR_THEM]
    assert {"crossgate.db", "snapshot.json", "access.log", "counters"} <= {path.name for path in files}
    return [path.name for path in files if secret.encode() in path.read_bytes()]


def test_no_secret_is_written_down(guarded: Crossgate, site: Site, workers: Workers) -> None:
    """Database and audit trail, snapshot, counters and logs hold none, used rightly or wrongly."""
    cloud, data = site.cloud, guarded.data
    api = site.publish("/orders", "APP")
    site.publish("/ours", "IAM")
    app = site.app("shop", api)
    code = site.app_code(app)
    cloud.create_app_code_v2(app_id=app.id, body=sdk.AppCodeCreate(app_code=CHOSEN_CODE))
    chosen = cloud.create_an_app_v2(body=sdk.AppCreate(name="chosen", app_secret=CHOSEN_SECRET))
    cloud.resetting_app_secret_v2(app_id=chosen.id, body=sdk.AppResetCreate(app_secret=RESET_SECRET))
    key = cloud.create_signature_key_v2(body=sdk.BaseSignature(name="no_secret", sign_type="hmac"))
    cloud.associate_signature_key_v2(body=sdk.SignApiBinding(sign_id=key.id, publish_ids=[api.publish_id]))
    site.feature("app_token", {"enable": "on", "app_token_key": TOKEN_KEY})
    for feature in ("app_secret", "app_basic", "signature_replay"):
        site.feature(feature)
    form = f"grant_type=client_credentials&client_id={app.key}&client_secret={app.secret}"
    traded = workers.one(site.request("/v1/apigw/oauth2/token", FORM, method="POST", body=form.encode()))
    token = json.loads(traded.body)
    operator, access = guarded.operator, log_in(guarded)

    for path, name, value, others in (
        ("/orders", "X-Apig-AppCode", code, {}),
        ("/orders", "X-Apig-AppCode", CHOSEN_CODE, {}),
        ("/orders", "X-HW-AppKey", app.secret, {"X-HW-ID": app.key}),
        ("/orders", "Authorization", basic(app)["Authorization"], {}),
        ("/orders", "Authorization", "Bearer " + token["access_token"], {}),
        ("/ours", "X-Auth-Token", access, {}),
    ):
        assert workers.outcomes(site.request(path, {name: value, **others})) == OK, name
        # And as part of what is refused, and of what nobody is asked for.
        query = value.rpartition(" ")[2]
        assert workers.outcomes(site.request(f"{path}?secret={query}", {name: value + "x", **others})) != OK
    ours = by_cloud_signer(site, "/ours", operator["access_key"], operator["secret_key"])
    assert workers.one(ours).status == 200
    last = workers.one(site.signed(app, "/orders"))
    assert last.status == 200
    wait_until(lambda: places(data, last.field("X-Request-Id") or "?"))

    secrets = [app.secret, code, CHOSEN_CODE, CHOSEN_SECRET, RESET_SECRET, TOKEN_KEY, key.sign_secret]
    secrets += [token["access_token"], token["refresh_token"], access, basic(app)["Authorization"][6:]]
    secrets += [operator["secret_key"], operator["password"], (data / "secret.key").read_text("ascii").strip()]
    assert [(at, found) for at, secret in enumerate(secrets) if (found := places(data, secret))] == []
    assert [at for at, secret in enumerate(secrets) if secret in guarded.said + guarded.log] == []
    # What is no secret is there, so it would have been found.
    assert {"crossgate.db", "snapshot.json"} & set(places(data, app.key))

"""The page about throttling is true: its example is run, and calls are answered as it says."""

import subprocess

from tests.e2e.pages import DOCS, ROOT, as_shown, blocks
from tests.e2e.running import Crossgate

README = (ROOT / "README.md").read_text("utf-8")
PAGE = (DOCS / "throttling.md").read_text("utf-8")
API = """
group=$(create /api-groups <<< '{"name": "throttled"}' | field id)
api=$(create /apis <<API | field id
{
  "name": "throttled", "group_id": "$group", "type": 1,
  "auth_type": "APP", "auth_opt": {"app_code_auth_type": "HEADER"},
  "req_protocol": "HTTP", "req_method": "ANY", "req_uri": "/", "match_mode": "SWA",
  "backend_type": "MOCK", "mock_info": {"result_content": "ok"}
}
API
)
"""
NEXT = "-- the next call --"


def test_the_example_does_what_the_page_says(crossgate: Crossgate) -> None:
    """The policy, its exception and the quota are made by the page's own commands; the fifth call is too many."""
    (login,) = [each for each in blocks(README, "sh") if "create()" in each]
    policy, call, quota = blocks(PAGE, "sh")
    release = "release=DEFAULT_ENVIRONMENT_RELEASE_ID\n"
    steps = [login, release, API, policy, *[f"echo; echo '{NEXT}'\n{call}"] * 5, f"echo '{NEXT}'\n", quota]
    script = "set -eo pipefail\n" + "".join(steps)
    script = script.replace("crossgate-data", str(crossgate.data)).replace("http://127.0.0.1:8080", crossgate.url)

    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 0, ran.stderr
    _, *answers, made = ran.stdout.replace("\r", "").split(NEXT)
    first, last = blocks(PAGE, "http")
    assert as_shown(first).search(answers[0])
    assert [" 200 " in answer for answer in answers] == [True] * 4 + [False]
    assert as_shown(last).search(answers[4])
    assert "app_quota_id" in made

"""Our own policies: the linter and check() agree on what refuses them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.cors.check import REFUSING, check
from crossgate.cors.finding import Severity
from crossgate.cors.lint.own import subject_of
from crossgate.cors.lint.rules import lint_subject
from crossgate.cors.lint.subject import Place
from crossgate.cors.policy import CorsPolicy

ENTRIES = st.one_of(
    st.sampled_from(
        [
            "*", "null", "", "https://app.example.com", "https://App.example.com", "app.example.com", "ws://x",
            "https://*.example.com", "https://*example.com", "https://*.com", "https://app.example.com:*",
            "http://localhost:*", "https://*.amazonaws.com", "https://codepen.io", "https://a.example, b",
            "http://10.0.0.1",
        ]
    ),
    st.text(max_size=12),
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(
        ["*", "", "GET", "get", "put", "Patch", "TRACE", "Cookie", "Sec-A", "Sec-A b", "X-Real-IP", "é"]
    ),
    st.text(max_size=8),
)
POLICIES = st.builds(
    CorsPolicy,
    origins=st.lists(ENTRIES, max_size=4).map(tuple),
    credentials=st.booleans(),
    methods=st.lists(NAMES, max_size=4).map(tuple),
    headers=st.lists(NAMES, max_size=4).map(tuple),
    expose=st.lists(NAMES, max_size=4).map(tuple),
    max_age=st.none() | st.integers(-5, 200_000),
    preflight_status=st.sampled_from([200, 204, 299, 300, 0, -204]),
    reject_foreign=st.booleans(),
)


@settings(deadline=None, max_examples=150)
@given(POLICIES)
def test_what_refuses_a_policy_is_what_the_linter_calls_critical(policy: CorsPolicy) -> None:
    """Each refusal is a critical finding with the same code at the same place, and nothing else is critical."""
    refusals = {(found.code, found.at) for found in check(policy)}

    found = lint_subject(subject_of(policy))

    assert {(each.code, each.at) for each in found if each.severity is Severity.CRITICAL} == refusals
    assert {code for code, _ in refusals} <= REFUSING


def test_a_subject_says_where_each_thing_is_written() -> None:
    """The places are asked for by the policy's own names, and `*` with credentials is answered name by name."""
    policy = CorsPolicy(
        origins=("*",),
        credentials=True,
        methods=("*",),
        headers=("X-Id",),
        expose=("*",),
        max_age=5,
        reject_foreign=True,
    )

    subject = subject_of(policy, name="shop", place_of=lambda at: Place(f"here.{at}", 7, "f"))

    assert subject.name == "shop"
    assert subject.origins[0].kind == "reflect"
    assert subject.origins[0].place == Place("here.origins[0]", 7, "f")
    assert subject.reflects_methods == Place("here.methods", 7, "f")
    assert subject.reflects_headers is None
    assert subject.reflects_expose == Place("here.expose", 7, "f")
    assert subject.rejects == Place("here.reject_foreign", 7, "f")
    assert subject.max_age is not None
    assert subject.max_age.text == "5"

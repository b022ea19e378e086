"""What holds whatever is sent: nothing raises, nothing leaks, and more grants never take anything away."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.cors.browser import (
    DIFFERENCES,
    INITIATORS,
    REASONS,
    Answer,
    Browser,
    ElementLoad,
    FetchCall,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    ProfileName,
    Story,
    Upload,
    WorkerResponse,
    XhrCall,
    begin,
    fetch,
    policy_answers,
)
from crossgate.cors.browser.headers import split, tokens
from crossgate.cors.browser.hosts import parse_host
from crossgate.cors.browser.mime import parse_mime
from crossgate.cors.browser.profiles import BROWSERS, NAMES, PROFILES, Profile
from crossgate.cors.browser.safelist import is_safelisted, mime_essence, parse_range
from crossgate.cors.browser.urls import parse_url
from crossgate.cors.policy import CorsPolicy
from crossgate.cors.table import CorsTable, compile_policy

TEXT = st.text(st.characters(max_codepoint=0x2FF), max_size=12)
VALUES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            b"*",
            b"true",
            b"null",
            b"https://a.example",
            b"https://b.example",
            b"x-a",
            b"PUT",
            b"5",
            b"-1",
            b"/y",
            b"https://b.example/y",
            b"https://c.example/",
            b"data:,",
            b"9" * 5000,
            b"Basic realm=x",
            b"nosniff",
            b"no-referrer",
        ]
    ),
)
NAMES_OF_FIELDS = st.sampled_from(
    [f"Access-Control-{name}".encode() for name in ("Allow-Origin", "Allow-Credentials", "Allow-Methods")]
    + [f"Access-Control-{name}".encode() for name in ("Allow-Headers", "Expose-Headers", "Max-Age")]
    + [b"Location", b"Set-Cookie", b"X-One", b"Timing-Allow-Origin", b"Cross-Origin-Resource-Policy"]
    + [b"Content-Type", b"X-Content-Type-Options", b"Referrer-Policy", b"WWW-Authenticate"]
)
FIELDS = st.lists(st.tuples(NAMES_OF_FIELDS, VALUES), max_size=6).map(tuple)
WORKERS = st.builds(
    WorkerResponse,
    type=st.sampled_from(["basic", "cors", "default", "error", "opaque", "opaqueredirect"]),
    urls=st.sampled_from([(), ("https://b.example/x",), ("https://b.example/x", "https://c.example/y")]),
    is_range=st.booleans(),
)
RESPONSES = st.builds(
    HttpResponse,
    st.sampled_from([200, 204, 206, 301, 303, 304, 307, 401, 404, 407]),
    FIELDS,
    st.one_of(st.none(), WORKERS),
)
ANSWERS = st.lists(
    st.one_of(RESPONSES, RESPONSES, RESPONSES, st.just(NetworkError("reset"))), min_size=1, max_size=4
)
URLS = st.one_of(st.sampled_from(["/x", "https://b.example/x", "http://b.example/", "wss://b.example"]), TEXT)
HEADERS = st.lists(
    st.tuples(st.one_of(st.sampled_from(["x-a", "Accept", "Authorization", "Range", "content-type"]), TEXT), TEXT),
    max_size=3,
).map(tuple)
BODIES = st.one_of(st.none(), st.builds(Upload, st.sampled_from(["text", "blob", "stream"]), st.just(b"x"), TEXT))
METHODS = st.one_of(st.sampled_from(["GET", "put", "POST", "HEAD", "patch", "TRACE"]), TEXT)
ASKS = st.one_of(
    st.builds(
        FetchCall,
        url=URLS,
        method=METHODS,
        headers=HEADERS,
        body=BODIES,
        mode=st.sampled_from(["cors", "cors", "no-cors", "same-origin"]),
        credentials=st.sampled_from(["omit", "same-origin", "include"]),
        redirect=st.sampled_from(["follow", "follow", "error", "manual"]),
        cache=st.sampled_from(["default", "default", "no-store", "no-cache", "only-if-cached"]),
        referrer=st.one_of(st.none(), TEXT),
        integrity=st.booleans(),
        keepalive=st.booleans(),
        duplex=st.booleans(),
    ),
    st.builds(
        XhrCall,
        url=URLS,
        method=METHODS,
        headers=HEADERS,
        username=st.one_of(st.none(), TEXT),
        with_credentials=st.booleans(),
        upload_listeners=st.booleans(),
    ),
    st.builds(
        ElementLoad,
        initiator=st.sampled_from(sorted(INITIATORS)),
        url=URLS,
        crossorigin=st.sampled_from([None, "anonymous", "use-credentials"]),
        body=BODIES,
    ),
)
PAGES = st.sampled_from(
    [
        Page("https://a.example"),
        Page("https://a.example", url="https://a.example/x?y#z", has_service_worker=True),
        Page("http://localhost:3000"),
        Page("null"),
        Page("null", url="https://a.example/x"),
    ]
)


def told(page: Page, ask: FetchCall | XhrCall | ElementLoad, answers: list[Answer], profile: ProfileName) -> Story:
    """A story in which the answers come in turn, again and again."""
    asked: list[HttpRequest] = []

    def answer(request: HttpRequest) -> Answer:
        asked.append(request)
        return answers[(len(asked) - 1) % len(answers)]

    return fetch(page, ask, answer, Browser(profile=profile))


@given(PAGES, ASKS, ANSWERS, st.sampled_from(NAMES))
def test_every_story_ends_and_explains_itself(
    page: Page, ask: FetchCall | XhrCall | ElementLoad, answers: list[Answer], profile: ProfileName
) -> None:
    """Whatever is asked and answered: a response or a failure in full sentences, and not both."""
    story = told(page, ask, answers, profile)

    assert (story.response is None) != (story.failure is None)
    assert len(story.exchanges) <= 2 * 21
    if story.failure is not None:
        assert story.error
        assert "{" not in REASONS[story.failure.code].section
        assert story.failure.fix
        assert story.failure.code in REASONS


@given(ASKS, ANSWERS, st.sampled_from(NAMES))
def test_what_is_read_was_allowed_by_the_response(
    ask: FetchCall | XhrCall | ElementLoad, answers: list[Answer], profile: ProfileName
) -> None:
    """A response of type cors had a grant; with credentials never `*`; and nobody reads a cookie."""
    story = told(Page("https://a.example"), ask, answers, profile)

    if story.response is None:
        return
    assert not {"set-cookie", "set-cookie2"} & {name for name, _ in story.response.headers}
    if story.response.type in ("opaque", "opaqueredirect"):
        assert story.response.headers == ()
        assert story.response.status == 0
    if story.response.type != "cors":
        return
    last = story.exchanges[-1]
    assert isinstance(last.answer, HttpResponse)
    allowed = [value for name, value in last.answer.headers if name == b"Access-Control-Allow-Origin"]
    origin = last.request.get(b"Origin")
    assert allowed in ([b"*"], [origin])
    if last.request.sends_credentials:
        assert allowed == [origin]


@given(
    ASKS, st.lists(st.sampled_from(["https://a.example", "https://c.example"]), unique=True, max_size=2), st.data()
)
def test_allowing_an_origin_takes_nothing_from_another(
    ask: FetchCall | XhrCall | ElementLoad, origins: list[str], data: st.DataObject
) -> None:
    """What a page may read under a policy it may read when the policy allows one origin more."""
    credentials = data.draw(st.booleans())
    profile = data.draw(st.sampled_from(NAMES))
    page = Page("https://a.example")
    stories = [
        fetch(page, ask, policy_answers(compiled(tuple(some), credentials), backend), Browser(profile=profile))
        for some in (origins or ["https://d.example"], [*origins, "https://e.example"])
    ]

    if stories[0].response is not None:
        assert stories[1].response == stories[0].response


def backend(request: HttpRequest) -> Answer:
    """A backend that knows nothing of CORS."""
    return HttpResponse(200, ((b"Content-Type", b"text/plain"), (b"X-One", b"1")))


def compiled(origins: tuple[str, ...], credentials: bool) -> CorsTable:
    """A policy that allows these origins a PUT with x-a."""
    policy = CorsPolicy(origins=origins, credentials=credentials, methods=("PUT",), headers=("x-a",))
    table = compile_policy(policy)
    assert isinstance(table, CorsTable), table
    return table


@given(st.binary(max_size=40), st.sampled_from(NAMES))
def test_no_parser_raises(value: bytes, profile: ProfileName) -> None:
    """Whatever the bytes are."""
    found: Profile = PROFILES[profile]
    names = (b"accept", b"accept-language", b"content-type", b"range", b"dpr")

    assert all(isinstance(is_safelisted(name, value, found), bool) for name in names)
    assert len(split(value)) <= value.count(b",") + 1
    assert tokens(((b"X", value),), b"x") is not None
    essence = mime_essence(value)
    assert essence is None or essence.count(b"/") == 1
    ends = parse_range(value)
    assert ends is None or ends != (None, None)


@given(PAGES, ASKS, ANSWERS, st.sampled_from(BROWSERS))
def test_browsers_agree_where_the_table_has_no_difference(
    page: Page, ask: FetchCall | XhrCall | ElementLoad, answers: list[Answer], profile: ProfileName
) -> None:
    """A browser with every line of the standard's does what the standard says; only its words are its own."""
    standard = told(page, ask, answers, "standard")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, profile, msgspec.structs.replace(PROFILES["standard"], name=profile))
        other = told(page, ask, answers, profile)

    assert (other.hops, other.response, other.warnings) == (standard.hops, standard.response, standard.warnings)
    assert [(step.question, step.passed) for step in other.steps] == [
        (step.question, step.passed) for step in standard.steps
    ]
    assert (other.failure and other.failure.code) == (standard.failure and standard.failure.code)


@given(st.text(max_size=30), st.sampled_from(["https://b.example/a/b?c#d", "http://[::1]:3000/"]))
def test_a_url_read_twice_is_the_same(text: str, base: str) -> None:
    """Parsing never raises, and what it gives is its own canonical form."""
    url = parse_url(text, parse_url(base))

    if url is not None and url.origin is not None:
        assert parse_url(str(url)) == url


@given(st.text(max_size=30))
def test_a_host_read_twice_is_the_same(text: str) -> None:
    """In whatever script or notation it was written."""
    host = parse_host(text)

    assert host is None or parse_host(host) == host


@given(st.text(st.sampled_from('ab/;="\\ \t(\xe9'), max_size=16))
def test_a_type_read_twice_is_the_same(text: str) -> None:
    """What is written of a type means that type."""
    mime = parse_mime(b"a/b;" + text.encode("latin-1"))

    assert mime is not None
    assert parse_mime(mime.serialised()) == mime


def test_the_generator_tells_the_same_story() -> None:
    """Whoever waits for answers gets what the function gives."""
    page, call = Page("https://a.example"), FetchCall(url="https://b.example/", method="PUT")
    answer = HttpResponse(204, ((b"Access-Control-Allow-Origin", b"*"), (b"Access-Control-Allow-Methods", b"*")))
    telling = begin(page, call)
    sent = [next(telling)]
    sent.append(telling.send(answer))
    with pytest.raises(StopIteration) as end:
        telling.send(answer)
    assert end.value.value == fetch(page, call, lambda _: answer)
    assert [request.purpose for request in sent] == ["preflight", "actual"]


def test_a_difference_is_one_line_with_a_source() -> None:
    """Every field of a profile is a line of the table, in which somebody differs and whose source is said."""
    fields = [name for name in Profile.__struct_fields__ if name != "name"]

    assert [line.name for line in DIFFERENCES] == fields
    for line in DIFFERENCES:
        assert len({str(value) for value in line.values.values()}) > 1, line.name
        assert line.source
    assert [PROFILES[name].name for name in NAMES] == list(NAMES)
    assert set(BROWSERS) < set(NAMES)

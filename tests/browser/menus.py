"""What the generator chooses from: the good, the wrong and the malformed. A character is a byte."""

from typing import Final

from crossgate.cors.browser.values import TextFields

Values = tuple[tuple[str, ...], ...]

METHODS: Final = (
    *("GET",) * 24, *("POST",) * 16, *("PUT",) * 8, *("DELETE",) * 5, *("PATCH",) * 4, *("HEAD",) * 5,
    *("OPTIONS",) * 3, "patch", "patch", "get", "Post", "put", "dElEtE", "options", "head", "chicken", "QUERY",
    "query", "PROPFIND", "*", "!#$%&'*+-.^_`|~9",
)  # fmt: skip
BAD_METHODS: Final = ("", "CONNECT", "trace", "TRACK", "A B", "GET ", "G\xe9T", "P,Q", "X\n")

# Names and values that need no permission, or just do.
SAFE_HEADERS: Final[TextFields] = (
    ("Accept", "application/json"), ("accept", "a" * 128), ("Accept", "a" * 129), ("Accept", 'a"b'),
    ("Accept", "text/*;q=0.5, */*"), ("Accept", "caf\xe9"), ("Accept", ""), ("Accept", "a\tb"), ("Accept", "a@b"),
    ("Accept-Language", "de, en;q=0.5"), ("Accept-Language", "de_DE"), ("Accept-Language", "*"),
    ("Accept-Language", "\xe9"), ("Content-Language", "de-AT"), ("content-language", "a@"),
    ("Content-Language", "a" * 129), ("Content-Type", "text/plain"), ("Content-Type", "TEXT/Plain; charset=utf-8"),
    ("Content-Type", "application/json"), ("content-type", "multipart/form-data"),
    ("content-type", "application/x-www-form-urlencoded;charset=latin1"), ("Content-Type", "text/plain;garbage"),
    ("Content-Type", "text/plain,text/plain"), ("Content-Type", "text /plain"), ("Content-Type", "text/plain;a=("),
    ("Content-Type", "text/html"), ("Content-Type", ""), ("Content-Type", "text/plain; a=" + "b" * 120),
    ("Content-Type", "text/plain;"), ("Content-Type", "text/plain\x0b"), ("Content-Type", "a"),
    ("Range", "bytes=0-5"), ("Range", "bytes=7-"), ("Range", "bytes=-5"), ("Range", "bytes=5-2"),
    ("Range", "bytes=0-1,3-4"), ("Range", "bytes= 0-5"), ("Range", "Bytes=0-5"), ("range", "bytes=-"),
    ("Save-Data", "on"), ("Save-Data", "off"), ("DPR", "2.5"), ("DPR", "2x"), ("Device-Memory", "8"),
    ("Width", "100"), ("Viewport-Width", "1.5"), ("RTT", "50"), ("Downlink", "1.7"), ("ECT", "4g"), ("ECT", "5g"),
)  # fmt: skip
UNSAFE_HEADERS: Final[TextFields] = (
    ("X-A", "1"), ("x-b", "2"), ("X-Z", ""), ("x-a", "again"), ("Authorization", "Bearer t"),
    ("authorization", "Basic YTpi"), ("X-Requested-With", "XMLHttpRequest"), ("If-None-Match", '"e"'),
    ("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("X-9", "\xff\x80"), ("a!#$%&'*+-.^_`|~", "token"),
    ("User-Agent", "mine"), ("X-HTTP-Method-Override", "PUT"), ("Access-Control-Request-Private-Network", "true"),
    ("Access-Control-Allow-Origin", "*"), ("Last-Event-ID", "7"), ("X-Space", "  trimmed\t"), ("*", "star"),
    ("Content-Encoding", "gzip2"), ("Content-Location", "/x"), ("Content-Disposition", "inline"),
    ("X-Long", "y" * 300), ("Priority", "u=1"), ("Upgrade-Insecure-Requests", "1"), ("Accept-X", "1"),
)  # fmt: skip
FORBIDDEN_HEADERS: Final[TextFields] = (
    ("Cookie", "a=b"), ("Origin", "https://x.test"), ("Host", "x"), ("Sec-X", "1"), ("proxy-y", "1"),
    ("Date", "today"), ("DNT", "1"), ("Referer", "https://x.test/"), ("Connection", "close"), ("TE", "trailers"),
    ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x"), ("Via", "x"),
    ("X-HTTP-Method", "TRACE"), ("X-Method-Override", "GET, connect"), ("Accept-Charset", "x"), ("Cookie2", "x"),
    ("Content-Length", "3"), ("Keep-Alive", "1"), ("Expect", "100-continue"), ("Upgrade", "x"), ("Trailer", "x"),
    ("Accept-Encoding", "br"), ("Transfer-Encoding", "chunked"), ("Set-Cookie", "a"),
)  # fmt: skip
BAD_HEADERS: Final[TextFields] = (
    ("X A", "1"),
    ("", "1"),
    ("X:", "1"),
    ("X-N", "a\nb"),
    ("X-0", "a\0b"),
    ("X\xe9", "1"),
)

# Each entry has the values of as many fields; {page} is the page's origin and {origin} the one in the request.
WRONG_ORIGINS: Final[Values] = (
    (), (), (), ("",), ("null",), ("NULL",), ("{page}/",), ("{PAGE}",), ("*", "*"), ("{origin}", "{origin}"),
    ("{page}, https://x.test",), ("{page} https://x.test",), ("{page}", "*"), ("*, {page}",), ("https://x.test",),
    ("https://x.test",), ("**",), ('"*"',), ("'*'",), ("\x0b*",), ("*\x0c",), ("\t*",), ("* \t",), ("http://",),
    ("//x.test",), ("x.test",), ("{page}1",), ("http:/h",), ("HTTP://H",), ("http://h:28601.",), ("caf\xe9",),
    ("http://*.test",), ("data:,",), ("localhost",), ("{page}",), ("{page},",), ("*;",), ("{page}#x",), ("a:b",),
    ("http://h.",), ("http://[::1",), ("http://[::1]:80",), ("https://x.test:443",), ("blob:{page}/1",), ("*", ""),
    ("http://a b",), ("http://a%62c",), ("true",), ("none",), ("file://",), ("http://x.test:99999",), ("http://",),
)  # fmt: skip
WRONG_CREDENTIALS: Final[Values] = (
    (), (), ("True",), ("TRUE",), ("1",), ("true, true",), ("true", "true"), ("",), ("false",), ('"true"',),
    ("true\x0b",), (" true\t",), ("*",), ("true;",), ("yes",),
)  # fmt: skip
WRONG_STATUSES: Final = (
    201, 202, 203, 205, 206, 208, 226, 299, 300, 301, 302, 303, 304, 305, 306, 307, 308, 400, 401, 403, 404, 405,
    404, 405, 403, 410, 418, 429, 500, 501, 502, 503, 504, 599,
)  # fmt: skip
WRONG_METHODS: Final[Values] = (
    (), (), ("GET",), ("GET, POST, HEAD",), ("put, delete, Patch",), ("*",), ("GET, *",), ("* *",),
    ("PUT DELETE",), ('"PUT"',), ("PUT;",), ("PUT,,DELETE,",), (",",), ("",), ("PUT", "DELETE"), ("GET", "*"),
    ("P\xc3\x9cT",), ("PUT, @",), ("DELETE\x0b",), ("{method},\t{method}",), ("'{method}'",), ("{method} , X",),
    ("(PUT)",), ("PUT, A B, C D",), ("[]",), ("PUT/1",), ("PUT,\tPATCH",),
)  # fmt: skip
WRONG_HEADERS: Final[Values] = (
    (), (), ("x-a",), ("X-A, X-B",), ("*",), ("*, authorization",), ("x-b, *",), ("x a",), ('"x-a"',), ("x-a;",),
    ("x-a,,x-b,",), (",",), ("",), ("x-a", "x-b"), ("content-type",), ("authorization",), ("x-\xc3\xa9",),
    ("x-a:",), ("x-a\x0b",), ("AUTHORIZATION, CONTENT-TYPE, X-A, X-B",), ("* *",), ("'*'",), ("{names}, x y",),
    ("@",), ("x-a, bad one, worse one",), ("{names};",), ("accept, range",),
)  # fmt: skip
MAX_AGES: Final = (
    "0", "-1", "-0", "", "abc", "60abc", "60.5", '"60"', "1,60", "+60", "00", "0060", "1e3", " 60", "60", "600",
    "99999999999", "9223372036854775808", "18446744073709551616", "\x0b60", "0x10", "4294967296", "2147483648",
)  # fmt: skip
EXPOSED: Final[Values] = (
    (), (), (), ("*",), ("*",), ("X-One, x-two",), ("x-one", "X-TWO"), ("x-one, bad one",), ('"x-one"',),
    ("set-cookie, x-one",), ("*, x-one",), ("x-one", "*"), ("",), ("x-one,,x-two,",), ("etag",), ("'x-one'",),
    ("x-one;",), ("x-one", ""), ("x-one\x0b",), ("date, server, authorization",), ("x-one, @",), ("X-\xe9",),
    ("* ",), ("x-empty, x-list",), ("Access-Control-Allow-Origin, Access-Control-Expose-Headers",), ("location",),
)  # fmt: skip
TIMINGS: Final[Values] = (
    (), (), (), ("*",), ("{origin}",), ("{page}",), ("null",), ("https://x.test, {page}",), ("{PAGE}",),
    ("{page}", "https://x.test"), ("{page} https://x.test",), ('"{page}"',), ("https://x.test",), ("*, x",), ("",),
    ("{page}/",), ("x,*",),
)  # fmt: skip
RESOURCE_POLICIES: Final[Values] = (
    *((),) * 9, ("same-origin",), ("same-site",), ("cross-origin",), ("SAME-ORIGIN",), ("same-origin, same-site",),
    ("same-origin", "same-origin"), ("nonsense",), ("",), ("same-site;",),
)  # fmt: skip
RESPONSE_FIELDS: Final[TextFields] = (
    ("X-One", "1"), ("x-one", "eins"), ("X-Two", "2"), ("ETag", '"e"'), ("Server", "s"), ("Set-Cookie", "junk=1"),
    ("Set-Cookie2", "junk=2"), ("Content-Language", "de"), ("Expires", "0"), ("Pragma", "no-cache"),
    ("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT"), ("Cache-Control", "no-store"), ("Authorization", "x"),
    ("Date", "Sat, 21 Nov 2026 10:00:00 GMT"), ("X-Empty", ""), ("X-List", "a"), ("X-List", "b, c"), ("*", "star"),
    ("X-\x7e", "tilde"), ("Vary", "Origin"), ("X-Bytes", "caf\xe9"), ("Content-Range", "bytes 0-1/2"),
    ("Access-Control-Max-Age", "60"), ("X-Tab", "a\tb"), ("X-Pad", "  padded \t"), ("Link", "</x>"),
)  # fmt: skip
STRANGE_LOCATIONS: Final = (
    "data:,{path}", "ftp://x.test{path}", "http://?{path}", "http://[{path}", "javascript:'{path}'",
    "mailto:{path}", "http://x.test:99999{path}", "about:blank", "blob:{path}", "file://{path}",
    "http://%{path}", "//?{path}",
)  # fmt: skip
REFERRER_POLICIES: Final = (
    "no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin",
    "strict-origin", "strict-origin-when-cross-origin", "unsafe-url",
)  # fmt: skip

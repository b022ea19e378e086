"""Why two canonical requests differ in their query."""

from collections import Counter
from typing import Final

from crossgate.core.signing.explained.cause import Cause, Suspicion, likeliest
from crossgate.core.signing.explained.target_lines import (
    Lines,
    canonical_query,
    differ_in_charset,
    in_capitals,
    once_less,
)


def query_cause(lines: Lines) -> Cause:
    """Why the queries differ; a cause about some parameters names them."""
    gateway, client = Counter(_parts(lines.gateway)), Counter(_parts(lines.client))
    return likeliest(_QUERY, lines, _OTHER_QUERY).naming(
        added=", ".join((gateway - client).elements()), lost=", ".join((client - gateway).elements())
    )


def _parts(query: str) -> list[str]:
    return [part for part in query.split("&") if part]


def _names(query: str) -> list[str]:
    return [part.partition("=")[0] for part in _parts(query)]


def _is_within(some: str, all_: str) -> bool:
    return not Counter(_parts(some)) - Counter(_parts(all_))


_QUERY: Final[tuple[Suspicion[Lines], ...]] = (
    Suspicion(
        lambda lines: lines.client.startswith("?"),
        Cause(
            "query-mark",
            "the ? was signed",
            "The line of the query begins with its first parameter.",
            "Leave the ? out of what you sign.",
        ),
    ),
    Suspicion(
        lambda lines: not lines.client,
        Cause(
            "query-not-signed",
            "the query was not signed",
            "The request arrived with parameters, and the signed line is empty: perhaps they were added later.",
            "Sign {added} too: put all parameters in place before you sign.",
        ),
    ),
    Suspicion(
        lambda lines: not lines.gateway,
        Cause(
            "query-not-sent",
            "a query was signed and none arrived",
            "The parameters went into the body, or a redirect or proxy dropped them.",
            "Send {lost} in the URL, or do not sign it; a form in the body is no query.",
        ),
    ),
    Suspicion(
        lambda lines: sorted(_parts(lines.client)) == sorted(_parts(lines.gateway)),
        Cause(
            "query-order",
            "the parameters are not in order",
            "They are sorted by the bytes of their names (capitals first), and by value where a name is repeated.",
            "Sort them before you encode them; the URL that you ask for may have any order.",
        ),
    ),
    Suspicion(
        lambda lines: (
            any("=" not in part for part in _parts(lines.client))
            and canonical_query(lines.client) == lines.gateway
        ),
        Cause(
            "query-empty-value",
            "a parameter without a value was signed without =",
            "A parameter without a value counts as an empty one: k is signed as k=.",
            "Write = after the name of each parameter.",
        ),
    ),
    Suspicion(
        lambda lines: (
            _is_within(lines.client, lines.gateway)
            and all(
                part.endswith("=") for part in (Counter(_parts(lines.gateway)) - Counter(_parts(lines.client)))
            )
        ),
        Cause(
            "query-empty-left-out",
            "empty parameters were left out of what was signed",
            "A parameter without a value is signed too: {added}",
            "Sign every parameter that the URL has.",
        ),
    ),
    Suspicion(
        lambda lines: in_capitals(lines.client) == lines.gateway,
        Cause(
            "query-hex-case",
            "percent-encoded bytes are in lower case",
            "The canonical query writes them in capitals: %2F, not %2f.",
            "Write the two digits after % in capitals in the query that you sign.",
        ),
    ),
    Suspicion(
        lambda lines: "+" in lines.client and canonical_query(lines.client.replace("+", "%20")) == lines.gateway,
        Cause(
            "query-plus",
            "a space was signed as +",
            "The canonical query writes a space as %20.",
            "Encode a space as %20 (in many languages: replace + by %20 after encoding).",
        ),
    ),
    Suspicion(
        lambda lines: (
            "%2B" in lines.gateway
            and canonical_query(lines.gateway.replace("%2B", "%20")) == canonical_query(lines.client)
        ),
        Cause(
            "query-plus-sent",
            "a space was signed as %20 and sent as +",
            "The gateway takes + in a URL for a plus, and signs it as %2B.",
            "Send spaces as %20 in the URL: the HTTP client encodes parameters as an HTML form does.",
        ),
    ),
    Suspicion(
        lambda lines: (
            "%20" in lines.gateway
            and canonical_query(lines.gateway.replace("%20", "%2B")) == canonical_query(lines.client)
        ),
        Cause(
            "query-plus-lost",
            "a + was signed and a space arrived",
            "Something took the + of the URL for a space.",
            "Send a plus as %2B in the URL.",
        ),
    ),
    Suspicion(
        lambda lines: "%25" in lines.client and canonical_query(once_less(lines.client)) == lines.gateway,
        Cause(
            "query-encoded-twice",
            "the query was encoded twice before it was signed",
            "Its parameters were percent-encoded already, and signing encoded their % once more, as %25.",
            "Decode each name and value once before you encode it.",
        ),
    ),
    Suspicion(
        lambda lines: (
            "%25" in lines.gateway and canonical_query(once_less(lines.gateway)) == canonical_query(lines.client)
        ),
        Cause(
            "query-encoded-on-the-way",
            "the query was encoded once more after it was signed",
            "The gateway received %25 where a % was signed: the HTTP client or a proxy encodes an encoded URL.",
            "Hand the HTTP client a URL that it leaves alone, or parameters that are not encoded yet.",
        ),
    ),
    Suspicion(
        lambda lines: canonical_query(lines.client) == lines.gateway,
        Cause(
            "query-encoding",
            "the signed query is not encoded as the gateway encodes it",
            "Every byte of names and values is percent-encoded but for A-Z a-z 0-9 - _ . ~",
            "Encode the others too, such as ! ' ( ) * / : @ and everything outside ASCII.",
        ),
    ),
    Suspicion(
        lambda lines: (
            set(_names(lines.client)) == set(_names(lines.gateway))
            and len(_names(lines.client)) < len(_names(lines.gateway))
        ),
        Cause(
            "query-repeated",
            "a repeated parameter was signed once",
            "Each occurrence of a parameter has its own name=value, sorted by value.",
            "Sign these too: {added}",
        ),
    ),
    Suspicion(
        differ_in_charset,
        Cause(
            "query-charset",
            "the query is in another charset",
            "One side has the bytes of another charset where the other has UTF-8.",
            "Encode texts as UTF-8 before you percent-encode them, in what you sign and in what you send.",
        ),
    ),
    Suspicion(
        lambda lines: _is_within(lines.client, lines.gateway),
        Cause(
            "query-added",
            "parameters arrived that were not signed",
            "Added after signing: {added}",
            "Sign all parameters that are sent; some HTTP clients and proxies add their own.",
        ),
    ),
    Suspicion(
        lambda lines: _is_within(lines.gateway, lines.client),
        Cause(
            "query-removed",
            "signed parameters did not arrive",
            "Missing at the gateway: {lost}",
            "Sign what the URL really has; some clients leave out empty values, some proxies remove parameters.",
        ),
    ),
)
_OTHER_QUERY: Final = Cause(
    "query-changed",
    "other parameters arrived than were signed",
    "Arrived: {added}. Signed: {lost}.",
    "Sign the parameters of the URL that you send.",
)

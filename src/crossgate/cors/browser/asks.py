"""What a page asks for: by fetch(), by XMLHttpRequest, or through an element or another interface."""

from typing import Literal

import msgspec

from crossgate.cors.browser.values import (
    AddressSpace,
    Cache,
    Credentials,
    Mode,
    Redirect,
    ReferrerPolicy,
    TextFields,
)

UploadKind = Literal["text", "urlencoded", "multipart", "blob", "bytes", "stream", "html", "xml"]
CrossOriginAttribute = Literal["anonymous", "use-credentials"]


class Upload(msgspec.Struct, frozen=True):
    """What a script sends: a string, URLSearchParams, FormData, a Blob with its type, bytes, or a stream.

    `html` and `xml` are Documents, which XMLHttpRequest alone knows how to send.
    """

    kind: UploadKind
    content: bytes = b""
    type: str = ""


class FetchCall(msgspec.Struct, frozen=True, kw_only=True):
    """`fetch(url, {...})`, with the defaults of the Request constructor. `url` may be relative to the page.

    `referrer` is a URL, or empty for none. `integrity`: there is integrity metadata, which the body matches.
    """

    url: str
    method: str = "GET"
    headers: TextFields = ()
    body: Upload | None = None
    mode: Mode = "cors"
    credentials: Credentials = "same-origin"
    redirect: Redirect = "follow"
    cache: Cache = "default"
    referrer: str | None = None
    referrer_policy: ReferrerPolicy | None = None
    integrity: bool = False
    duplex: bool = False
    keepalive: bool = False
    target_address_space: AddressSpace | None = None


class XhrCall(msgspec.Struct, frozen=True, kw_only=True):
    """An XMLHttpRequest. `upload_listeners`: its `upload` had a listener when send() was called.

    `username` and `password` are the last two arguments of open().
    """

    url: str
    method: str = "GET"
    headers: TextFields = ()
    body: Upload | None = None
    username: str | None = None
    password: str | None = None
    with_credentials: bool = False
    upload_listeners: bool = False


class ElementLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What an element or another interface loads; `initiator` is a key of `elements.INITIATORS`.

    `crossorigin` is the attribute; for an EventSource, `use-credentials` stands for withCredentials. `method` is a
    form's, `body` a form's or a beacon's. `integrity`: the element has integrity metadata, which the body matches.
    """

    initiator: str
    url: str
    crossorigin: CrossOriginAttribute | None = None
    method: str = "GET"
    body: Upload | None = None
    integrity: bool = False


Ask = FetchCall | XhrCall | ElementLoad

"""Documents: how the body of a request becomes what an operator says."""

import json
from typing import Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel

from crossgate.core.errors import FaultKind
from crossgate.core.model.document import read

MALFORMED_BODY = FaultKind("APIG.2012", 400, "Invalid parameter value,the request body is not JSON: {}")

AnyModel = TypeVar("AnyModel", bound=BaseModel)


def sent(model: type[AnyModel]) -> Any:
    """The dependency that reads the body as a `model`: `body: Annotated[EnvCreate, sent(EnvCreate)]`.

    The body is taken for JSON whatever its Content-Type says, as the contract's own service does. It is not
    FastAPI that reads it, because FastAPI would build every model before the first request.
    """

    async def read_body(request: Request) -> AnyModel:
        return read(model, _object_in(await request.body()))

    return Depends(read_body)


def _refuse_constant(name: str) -> None:
    """Python's JSON knows NaN and Infinity; JSON itself does not."""
    raise MALFORMED_BODY.naming(f"it holds {name}, which is no number of JSON")


def _object_in(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; raises MALFORMED_BODY with the place where reading stopped."""
    if not body.strip():
        raise MALFORMED_BODY.naming("it is empty; send a JSON object")
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
        json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair is in no text of Unicode
    except json.JSONDecodeError as error:
        raise MALFORMED_BODY.naming(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise MALFORMED_BODY.naming(f"byte {error.start + 1} is not UTF-8") from None
    except UnicodeEncodeError:
        raise MALFORMED_BODY.naming(r"a text in it holds half a character, such as \ud800") from None
    except (RecursionError, ValueError):
        raise MALFORMED_BODY.naming("it is nested too deeply, or holds a number too long to read") from None
    if not isinstance(document, dict):
        raise MALFORMED_BODY.naming("send a JSON object")
    return document

"""Who may answer a browser: a compiled gateway policy before a backend, or exchanges that were recorded."""

from collections.abc import Callable, Iterable

from crossgate.cors.browser.values import Answer, HttpRequest, HttpResponse, NetworkError
from crossgate.cors.server import is_preflight, merge
from crossgate.cors.table import CorsTable

Answerer = Callable[[HttpRequest], Answer]


def policy_answers(table: CorsTable, backend: Answerer) -> Answerer:
    """A gateway with nothing but this policy in it, before `backend`."""

    def answer(request: HttpRequest) -> Answer:
        origin, method = request.get(b"Origin"), request.get(b"Access-Control-Request-Method")
        if origin is not None and method is not None and is_preflight(request.method, origin, method):
            preflight = table.preflight(origin, method, request.get(b"Access-Control-Request-Headers"))
            return HttpResponse(preflight.status, preflight.headers)
        grant = table.grant(origin)
        if grant.rejects:
            return HttpResponse(403, tuple(merge(grant, ())))
        answered = backend(request)
        if isinstance(answered, NetworkError):
            return HttpResponse(502, tuple(merge(grant, ())))
        return HttpResponse(answered.status, tuple(merge(grant, answered.headers)))

    return answer


def recorded_answers(recorded: Iterable[tuple[bytes, str, Answer]]) -> Answerer:
    """What was answered to this method and URL; the answers to the same question come in turn, the last one stays.

    A question that was never asked is answered by a NetworkError that says so.
    """
    waiting: dict[tuple[bytes, str], list[Answer]] = {}
    for method, url, answer in recorded:
        waiting.setdefault((method, url), []).append(answer)

    def answer_of(request: HttpRequest) -> Answer:
        answers = waiting.get((request.method, request.url))
        if answers is None:
            return NetworkError(f"nothing is recorded for {request.method.decode('latin-1')} {request.url}")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    return answer_of

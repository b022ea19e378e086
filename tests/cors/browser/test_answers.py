"""Who answers a browser: a gateway with a policy before its backend, or what was recorded."""

import pytest

from crossgate.cors.browser import (
    Answer,
    ElementLoad,
    FetchCall,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    Story,
    fetch,
    policy_answers,
    recorded_answers,
)
from crossgate.cors.policy import CorsPolicy
from crossgate.cors.table import CorsTable, compile_policy

PAGE = Page("https://a.example")
URL = "https://b.example/x"


def told(method: str, answer: Answer, *, origin: str = PAGE.origin, reject_foreign: bool = False) -> Story:
    """The story of a request to a gateway that allows `origin` a PUT, and whose backend answers so."""
    table = compile_policy(CorsPolicy(origins=(origin,), methods=("PUT",), reject_foreign=reject_foreign))
    assert isinstance(table, CorsTable)
    return fetch(PAGE, FetchCall(url=URL, method=method), policy_answers(table, lambda _: answer))


def status(story: Story) -> int:
    """The status of what came last."""
    answer = story.exchanges[-1].answer
    assert isinstance(answer, HttpResponse)
    return answer.status


def test_a_gateway_answers_preflights_itself_and_joins_its_grant_with_the_rest() -> None:
    """The backend is asked for the request alone."""
    story = told("PUT", HttpResponse(201, ((b"X-One", b"1"),)))

    assert [each.request.method for each in story.exchanges] == [b"OPTIONS", b"PUT"]
    assert story.response is not None
    assert story.response.status == 201


def test_a_method_that_is_not_listed_is_refused_before_the_backend_is_asked() -> None:
    """The preflight says no."""
    story = told("DELETE", HttpResponse(200))

    assert len(story.exchanges) == 1
    assert story.failure is not None


def test_a_foreign_origin_is_rejected_where_the_policy_says_so() -> None:
    """Otherwise the backend answers, and the browser refuses."""
    assert status(told("GET", HttpResponse(200), origin="https://c.example", reject_foreign=True)) == 403
    assert status(told("GET", HttpResponse(200), origin="https://c.example")) == 200


def test_a_backend_that_is_gone_is_an_answer_that_can_be_read() -> None:
    """502, with the grant of the policy."""
    story = told("GET", NetworkError("refused"))

    assert story.response is not None
    assert story.response.status == 502


def test_what_was_recorded_comes_in_turn_and_the_last_stays() -> None:
    """What was not recorded is an error that says so."""
    answers = recorded_answers([(b"GET", URL, HttpResponse(200)), (b"GET", URL, HttpResponse(404))])
    asked = HttpRequest(method=b"GET", url=URL, headers=(), purpose="actual")
    other = HttpRequest(method=b"PUT", url=URL, headers=(), purpose="actual")

    assert [answers(asked) for _ in range(3)] == [HttpResponse(200), HttpResponse(404), HttpResponse(404)]
    assert answers(other) == NetworkError(f"nothing is recorded for PUT {URL}")


def test_an_unknown_initiator_is_refused_with_a_list_of_those_there_are() -> None:
    """The mistake is in the call, not in what a browser would do."""
    with pytest.raises(ValueError, match=r"no initiator is called 'imgg'; there are img, video"):
        fetch(PAGE, ElementLoad(initiator="imgg", url=URL), lambda _: HttpResponse(200))

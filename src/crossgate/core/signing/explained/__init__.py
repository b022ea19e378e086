"""A refused signature explained: the gateway's answer beside what the client signed, and the likeliest cause.

    answer = read_answer(body_of_the_401)
    explanation = explain(answer, read_form(what_the_client_signed))
    print(explanation.cause.title, explanation.cause.fix)

Everything is pure; how it looks is up to whoever prints it.
"""

from crossgate.core.signing.explained.answer import Answer, Expired, Mismatch, Other, UnknownKey, read_answer
from crossgate.core.signing.explained.cause import Cause
from crossgate.core.signing.explained.comparison import (
    Difference,
    Explanation,
    differences,
    explain,
    explain_described,
)
from crossgate.core.signing.explained.form import Form, form_of, read_form
from crossgate.core.signing.explained.refusals import duration, is_a_refusal

__all__ = [
    "Answer",
    "Cause",
    "Difference",
    "Expired",
    "Explanation",
    "Form",
    "Mismatch",
    "Other",
    "UnknownKey",
    "differences",
    "duration",
    "explain",
    "explain_described",
    "form_of",
    "is_a_refusal",
    "read_answer",
    "read_form",
]

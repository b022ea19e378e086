"""The contract's rules for names, texts and numbers (gateway.md section 1), each with a sentence that explains it.

A rule marked "zh" in the contract also accepts Chinese characters.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from crossgate.core.errors import FaultKind
from crossgate.core.errors.admin import INVALID_PARAMETER

_ZH = "\u3400-\u4dbf\u4e00-\u9fff"


def rule(pattern: str, fix: str, kind: FaultKind = INVALID_PARAMETER) -> AfterValidator:
    """A validator: the whole text must match `pattern`, and `fix` says what to write."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise PydanticCustomError(
                "rule", "The text breaks the rule for this field", {"fix": fix, "code": kind.code}
            )
        return text

    return AfterValidator(check)


def between(shortest: int, longest: int) -> StringConstraints:
    """A text of `shortest` to `longest` characters."""
    return StringConstraints(min_length=shortest, max_length=longest)


def _whole_number(value: Any) -> Any:
    """To Python, and so to a Literal of numbers, `true` and `1.0` are 1; to JSON they are not."""
    if isinstance(value, (bool, float)):
        raise PydanticCustomError(
            "rule", "Input should be a whole number", {"fix": "Write a number such as 1, without a fraction."}
        )
    return value


WHOLE_NUMBER = BeforeValidator(_whole_number)

# 1.1 and 1.3: groups and APIs share one rule.
Title = Annotated[
    str,
    rule(
        rf"[A-Za-z0-9{_ZH}][A-Za-z0-9{_ZH}\-_./:()：（）、]{{2,254}}",
        "Write 3 to 255 characters: letters, digits, Chinese, and - _ . / : ( ) 、; "
        "start with a letter, a digit or a Chinese character.",
    ),
]
EnvironmentName = Annotated[
    str,
    rule(r"[A-Za-z][A-Za-z0-9_]{2,63}", "Write 3 to 64 letters, digits or underscores; start with a letter."),
]
VariableName = Annotated[
    str,
    rule(
        r"[A-Za-z][A-Za-z0-9_-]{2,31}",
        "Write 3 to 32 letters, digits, hyphens or underscores; start with a letter.",
    ),
]
VariableValue = Annotated[
    str, rule(r"[A-Za-z0-9_\-/.:]{1,255}", "Write 1 to 255 letters, digits or _ - / . : characters.")
]
# The contract gives plugins a first character and a length; hyphens follow the contract's own tools.
PluginName = Annotated[
    str,
    rule(
        rf"[A-Za-z{_ZH}][A-Za-z0-9{_ZH}_-]{{2,254}}",
        "Write 3 to 255 letters, digits, Chinese characters, hyphens or underscores; "
        "start with a letter or a Chinese character.",
    ),
]
PolicyName = Annotated[
    str,
    rule(
        rf"[A-Za-z{_ZH}][A-Za-z0-9{_ZH}_]{{2,63}}",
        "Write 3 to 64 letters, digits, Chinese characters or underscores; "
        "start with a letter or a Chinese character.",
    ),
]
ParameterName = Annotated[
    str,
    rule(
        r"[A-Za-z][A-Za-z0-9._-]{0,31}",
        "Write 1 to 32 letters, digits, hyphens, underscores or dots; start with a letter.",
    ),
]
Tag = Annotated[
    str,
    rule(
        rf"[A-Za-z{_ZH}][A-Za-z0-9{_ZH}\-*#%.:_]{{0,127}}",
        "Write 1 to 128 letters, digits, Chinese or - * # % . : _ characters; start with a letter or Chinese.",
    ),
]
ObjectId = Annotated[str, between(1, 65)]
Remark = Annotated[str, StringConstraints(max_length=255)]
LongRemark = Annotated[str, StringConstraints(max_length=1000)]
Sample = Annotated[str, StringConstraints(max_length=20480)]

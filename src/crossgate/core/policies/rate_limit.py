"""The `rate_limit` plugin: how often an API may be called, in all, by whom, and for what (gateway.md 1.11).

An API that has it goes by it alone: a request throttling policy bound to the same publication does nothing.
Where the contract is silent: a call counts against every rule it matches and against the basic limits, or, when
one of them has none left, against none. The three algorithms count alike on one machine, exactly; between machines
`local` keeps a count for each.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from crossgate.core.errors import Finding, runtime
from crossgate.core.policies.call import Call, Charge
from crossgate.core.policies.content import Fields, open_content
from crossgate.core.policies.counting import Caller, Charges, ChargesByCaller
from crossgate.core.policies.expression import Matches, Parameters, read_expression, read_parameters
from crossgate.core.policies.spending import Period, Spending, TimeUnit

MAX_RULES: Final = 100
MAX_SPECIALS: Final = 30
_MAX: Final = 2_147_483_647
_UNITS: Final[dict[str, TimeUnit]] = {"second": "SECOND", "minute": "MINUTE", "hour": "HOUR", "day": "DAY"}
_EXAMPLE: Final = '{"scope":"basic","default_interval":1,"default_time_unit":"minute","api_limit":100}'

Kind = Literal["api", "user", "app", "ip"]
Algorithm = Literal["counter", "haht", "local"]
_KINDS: Final[tuple[Kind, ...]] = ("api", "user", "app", "ip")
_ALGORITHMS: Final[tuple[Algorithm, ...]] = ("counter", "haht", "local")
# Who may not call more often than whom.
_AT_MOST: Final[tuple[tuple[Kind, Kind], ...]] = (("user", "api"), ("app", "user"), ("app", "api"), ("ip", "api"))


class Rule(msgspec.Struct, frozen=True):
    """A limit on the calls that match, counted by itself."""

    name: str
    matches: Matches
    limit: int
    period: Period


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """One policy. A kind that is not among `limits` is not limited; specials are limits by app or account id."""

    is_shared: bool
    algorithm: Algorithm
    period: Period
    limits: Mapping[Kind, int]
    special_apps: Mapping[str, int]
    special_users: Mapping[str, int]
    rules: tuple[Rule, ...]


def parse_content(content: str) -> RateLimit | list[Finding]:
    """The policy in a plugin's `plugin_content`, or everything that is wrong with it.

    A limit of -1, or none, does not limit; nor does 0, but for `api_limit`, where it could as well mean the
    opposite and is refused.
    """
    fields = open_content("rate_limit", content, _EXAMPLE)
    if isinstance(fields, list):
        return fields
    is_shared = fields.choice("scope", ("basic", "share"), "basic") == "share"
    algorithm = fields.choice("algorithm", _ALGORITHMS, "counter")
    period = Period(fields.number("default_interval", 1, _MAX), _unit(fields, "default_time_unit", "second"))
    limits = _limits(fields)
    specials = _specials(fields, limits.get("api", _MAX))
    rules = _rules(fields, read_parameters(fields), period)
    fields.close()
    return fields.findings.all or RateLimit(
        is_shared=is_shared,
        algorithm=algorithm,
        period=period,
        limits=limits,
        special_apps=specials["app"],
        special_users=specials["user"],
        rules=rules,
    )


def _unit(fields: Fields, name: str, default: str) -> TimeUnit:
    return _UNITS[fields.choice(name, list(_UNITS), default)]


def _limits(fields: Fields) -> dict[Kind, int]:
    limits: dict[Kind, int] = {}
    for kind in _KINDS:
        limit = fields.number(f"{kind}_limit", -1, _MAX, None if kind == "api" else -1)
        if limit > 0:
            limits[kind] = limit
        elif limit == 0 and kind == "api":
            fields.wrong("out-of-range", "api_limit", "`api_limit` is 0", "write -1 for no limit, or 1 and more")
    for smaller, larger in _AT_MOST:
        most = limits.get(larger)
        if most is not None and limits.get(smaller, 0) > most:
            message = f"`{smaller}_limit` is above `{larger}_limit`"
            fields.wrong("out-of-range", f"{smaller}_limit", message, f"write at most {most}")
    return limits


def _specials(fields: Fields, most: int) -> dict[str, dict[str, int]]:
    specials: dict[str, dict[str, int]] = {"app": {}, "user": {}}
    for special in fields.each("specials", most=2 * MAX_SPECIALS):
        limits = specials[special.choice("type", ("app", "user"))]
        for policy in special.each("policies", most=MAX_SPECIALS):
            key = policy.text("key", longest=64)
            if key in limits:
                policy.wrong("key-twice", "key", f"`{key}` has a limit already", "keep one of them")
            limits[key] = policy.number("limit", 1, most)
    return specials


def _rules(fields: Fields, parameters: Parameters, default: Period) -> tuple[Rule, ...]:
    rules: dict[str, Rule] = {}
    for each in fields.each("rules", most=MAX_RULES):
        name = each.text("rule_name")
        if name in rules:
            each.wrong("key-twice", "rule_name", f"another rule is called {name!r}", "give each rule its own name")
        matches = read_expression(each, "match_regex", parameters)
        period = Period(
            each.number("interval", 1, _MAX, default.interval), _unit(each, "time_unit", default.unit.lower())
        )
        limit = each.number("limit", 1, _MAX)
        if matches is not None:
            rules[name] = Rule(name, matches, limit, period)
    return tuple(rules.values())


def rate_limit_charges(policy: RateLimit, plugin_id: str, publish_id: str) -> Charges:
    """What the policy charges calls of one publication with.

    Its counters are the plugin's where it is shared, else the publication's own.
    """
    prefix = f"rate_limit:{plugin_id}:" + ("" if policy.is_shared else publish_id)
    limits = policy.limits

    def charge(kind: Kind, who: str, limit: int | None) -> Charge | None:
        if limit is None:
            return None
        spending = Spending(f"{prefix}:{kind}:{who}", limit, policy.period.seconds)
        return Charge(spending, runtime.THROTTLED, policy.period, kind)

    def basic(caller: Caller) -> Iterator[Charge | None]:
        yield charge("api", "", limits.get("api"))
        if caller.account:
            yield charge("user", caller.account, policy.special_users.get(caller.account, limits.get("user")))
        if caller.app:
            yield charge("app", caller.app, policy.special_apps.get(caller.app, limits.get("app")))
        yield charge("ip", caller.address, limits.get("ip"))

    by_caller = ChargesByCaller(basic, takes_address="ip" in limits)
    of_rules = [
        (rule.matches, Charge(_spending(prefix, rule), runtime.THROTTLED, rule.period)) for rule in policy.rules
    ]

    def charges(call: Call) -> Sequence[Charge]:
        basic_ones = by_caller.of(call)
        return (
            [*basic_ones, *(charge for matches, charge in of_rules if matches(call))] if of_rules else basic_ones
        )

    return charges


def _spending(prefix: str, rule: Rule) -> Spending:
    return Spending(f"{prefix}:rule:{rule.name}", rule.limit, rule.period.seconds)

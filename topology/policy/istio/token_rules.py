"""RequestAuthentication objects as values: which tokens are looked for, where, and what must fit.

Source: istio pilot/pkg/security/authn/policy_applier.go. The rules of every policy that selects a
workload make one list, sorted by issuer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from topology.model import Document, Location
from topology.policy.istio.bodies import listing, mapping

__all__ = ["DEFAULT_PLACES", "HeaderPlace", "Places", "TokenRule", "read_token_rules"]

_SPACE_DELIMITED = frozenset({"scope", "permission"})
"""Claims whose text Istio splits at spaces without being told."""


@dataclass(frozen=True, slots=True)
class HeaderPlace:
    """A header that may carry a token, after a prefix."""

    name: str
    """In lower case."""
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where one rule looks for tokens."""

    headers: tuple[HeaderPlace, ...] = ()
    parameters: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()


DEFAULT_PLACES = Places(
    headers=(HeaderPlace("authorization", "Bearer "),), parameters=("access_token",)
)
"""Where a rule looks that names no place of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRule:
    """One entry of `jwtRules`."""

    document: Document
    path: str
    """Such as `spec.jwtRules[0]`."""
    issuer: str = ""
    """Empty accepts every issuer."""
    audiences: tuple[str, ...] = ()
    """Any of them will do; empty accepts every audience."""
    places: Places = DEFAULT_PLACES
    jwks: str = ""
    """The keys themselves, where they are written into the policy."""
    jwks_uri: str = ""
    space_delimited: frozenset[str] = _SPACE_DELIMITED

    @property
    def location(self) -> Location:
        """Return the place of the rule."""
        return self.document.source.at(self.path)

    @property
    def name(self) -> str:
        """Return how explanations call the rule."""
        return f"issuer `{self.issuer}`" if self.issuer else "any issuer"

    def claims_of(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return a token's claims as policies see them: texts of some split at spaces."""
        return {
            name: value.split(" ")
            if name in self.space_delimited and isinstance(value, str)
            else value
            for name, value in payload.items()
        }


def read_token_rules(documents: Iterable[Document]) -> tuple[TokenRule, ...]:
    """Return the rules of some RequestAuthentications in the order in which proxies have them."""
    found = [
        _rule(document, index, mapping(given))
        for document in documents
        for index, given in enumerate(listing(mapping(document.body.get("spec")).get("jwtRules")))
    ]
    return tuple(sorted(found, key=lambda rule: rule.issuer))


def _rule(document: Document, index: int, given: Mapping[str, Any]) -> TokenRule:
    headers = tuple(
        HeaderPlace(str(each.get("name") or "").lower(), str(each.get("prefix") or ""))
        for each in map(mapping, listing(given.get("fromHeaders")))
    )
    places = Places(
        headers=headers,
        parameters=_texts(given.get("fromParams")),
        cookies=_texts(given.get("fromCookies")),
    )
    named = places.headers or places.parameters or places.cookies
    return TokenRule(
        document=document,
        path=f"spec.jwtRules[{index}]",
        issuer=str(given.get("issuer") or ""),
        audiences=_texts(given.get("audiences")),
        places=places if named else DEFAULT_PLACES,
        jwks=str(given.get("jwks") or ""),
        jwks_uri=str(given.get("jwksUri") or given.get("jwks_uri") or ""),
        space_delimited=_SPACE_DELIMITED | set(_texts(given.get("spaceDelimitedClaims"))),
    )


def _texts(given: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in listing(given))

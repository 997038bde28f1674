"""Wordings of questions: one set to develop with, another one to test with.

`{s}` and `{d}` stand for the ends, `{p}` for ` on port 8080` or nothing, `{h}` for a request.
A wording that starts with `-` denies in the question.
"""

from types import MappingProxyType

__all__ = ["WORDINGS"]

WORDINGS = MappingProxyType(
    {
        ("dev", "reach"): (
            "Can {s} reach {d}{p}?",
            "is {d} reachable from {s}{p}",
            "does {s} have access to {d}{p}",
            "would a connection from {s} to {d}{p} be allowed?",
            "{s} wants to talk to {d}{p}, does that work?",
            "may {s} connect to {d}{p}?",
            "-Is it true that {s} cannot reach {d}{p}?",
        ),
        ("test", "reach"): (
            "Is {s} permitted to open a connection to {d}{p}?",
            "Will {d} accept traffic that comes from {s}{p}?",
            "please check whether {s} gets through to {d}{p}",
            "Are packets from {s} to {d}{p} let through or dropped?",
            "could {s} ever end up talking to {d}{p}",
            "Suppose {s} dials {d}{p}. Does it get an answer?",
            "tell me if {d} can be contacted by {s}{p}",
            "-Do our policies keep {s} away from {d}{p}?",
            "{s} to {d}{p}: open or closed?",
            "I am on call and need to know, is {s} supposed to be able to hit {d}{p}?",
        ),
        ("dev", "http"): (
            "Can {s} call {h} on {d}?",
            "is {s} allowed to send {h} to {d}?",
            "does {d} accept {h} from {s}?",
        ),
        ("test", "http"): (
            "would a {h} from {s} be served by {d}?",
            "{s} issues {h} against {d}, is it refused?",
            "when {s} makes the request {h}, does {d} let it in?",
            "Is {h} something that {s} may do on {d}?",
        ),
        ("dev", "explain"): (
            "Why can {s} {not}reach {d}{p}?",
            "which policy decides whether {s} reaches {d}{p}?",
        ),
        ("test", "explain"): (
            "What is the rule that settles {s} towards {d}{p}?",
            "Give me the reason why {d} is {un}reachable for {s}{p}",
            "{s} can{neg} get to {d}{p}, how come?",
            "explain the verdict for traffic from {s} to {d}{p}",
        ),
        ("dev", "who_can"): (
            "Who can reach {d}?",
            "which workloads are able to connect to {d}?",
            "list everything with access to {d}",
        ),
        ("test", "who_can"): (
            "From where can {d} be contacted?",
            "name all the workloads that get through to {d}",
            "what are the possible clients of {d}?",
            "By whom is {d} reachable?",
            "everyone who may open connections to {d}, please",
        ),
        ("dev", "what_can"): (
            "What can {s} reach?",
            "where is {s} allowed to connect to?",
        ),
        ("test", "what_can"): (
            "To which workloads may {s} open connections?",
            "show me everything that {s} gets through to",
            "How far does {s} get in this cluster?",
        ),
        ("dev", "followup"): (
            "and from {s}?",
            "what about from {s}?",
        ),
        ("test", "followup"): (
            "And {s}, does that one get in?",
            "same question with {s} as the source",
            "no, I meant from {s}",
            "ok. how about coming from {s} instead?",
        ),
    }
)

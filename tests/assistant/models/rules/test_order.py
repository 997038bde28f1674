"""Which way a connection goes, in as many wordings as people have for it."""

from collections.abc import Callable

import pytest

from assistant.models.rules.plan import Plan

Reader = Callable[..., tuple[Plan, ...]]
Wanted = Callable[[str, str], set[tuple[str, ...]]]

A_CALLS_B = """
{a} to {b}?
is there a path from {a} to {b}
is there a path to {b} from {a}
does {b} admit {a}
{b} refuses {a}, why?
{b} drops traffic coming from {a}?
{a}'s requests never arrive at {b}
requests by {a} to {b} get dropped
{a} gets no reply from {b}
{a} gets a 503 from {b}
{b} never answers {a}
{b} does not respond when {a} calls
{a} is calling {b} but nothing comes back
{b} is denied to {a}?
is {b} denied to {a}
is {a} denied {b}
is {a} denied access to {b}
does {a} have permission to use {b}
is {b} permitted to be called by {a}
may {b} be contacted by {a}
is traffic to {b} from {a} permitted
is traffic from {a} to {b} permitted
can {b} be hit from {a}
can packets from {a} make it to {b}
can packets get to {b} out of {a}
will {a} manage to open a socket to {b}
{a} wants {b}, allowed?
{a} needs to speak to {b}, possible?
can I curl {b} from {a}
can I curl {b} from inside {a}
from inside {a}, is {b} reachable
from {a}'s point of view, is {b} up for connections
when I am in {a}, can I reach {b}
if I exec into {a}, can I reach {b}
exec into {a} and telnet {b}
{b} unreachable from {a}
{b} not reachable by {a}
{a} cut off from {b}?
is {a} cut off from {b}
is {b} hidden from {a}
is {b} isolated from {a}
is {b} protected against {a}
does some policy keep {a} away from {b}
what keeps {a} from {b}
what is keeping {a} out of {b}
which rule lets {a} into {b}
which rule lets {b} accept {a}
which policy blocks {a} when it calls {b}
who blocks {a} on the way to {b}
does {b} let {a} connect
does {b} accept {a} as a client
is {a} a permitted client of {b}
is {a} one of the clients of {b}
is {a} among those who can reach {b}
is {a} on the list of allowed sources for {b}
is {a} whitelisted on {b}
is {b} whitelisted as a destination for {a}
is {b} an allowed destination of {a}
is {b} an allowed destination for {a}
is {b} a valid target for {a}
is egress from {a} to {b} open
is ingress to {b} from {a} open
does ingress on {b} allow {a}
does ingress into {b} permit {a}
does egress of {a} permit {b}
does the egress policy of {a} allow {b}
does the ingress policy of {b} allow {a}
{a} -> {b}
{b} <- {a}
{a} => {b} ok?
{a}/{b} connectivity from {a}
connectivity from {a} towards {b}
connect {a} with {b}
{a} connecting to {b}
connections {a} makes to {b}
connection attempts by {a} against {b}
can {a} consume {b}
can {a} read data from {b}
can {a} pull from {b}
can {a} fetch things from {b}
can {a} push to {b}
can {a} publish into {b}
can {a} subscribe to {b}
does {b} receive anything from {a}
does {b} get traffic from {a}
does {b} see calls by {a}
does {b} see {a}'s calls
does {b} serve {a}
can {b} serve requests of {a}
is {b} listening for {a}
is {a} able to see {b}
is {b} visible to {a}
is {b} exposed to {a}
is {b} open for {a}
is {b} available for {a}
{a} times out on {b}
{a} times out talking to {b}
timeouts in {a} against {b}
timeout from {a} to {b}
{b} times out for {a}
{b} resets {a}'s connections
{a} has its connection reset by {b}
why does {b} reject {a}
why is {a} rejected by {b}
why was {a} turned away by {b}
{a} can't reach {b}, why
{b} can't be reached by {a}, why
it seems {a} can not use {b}
I think {b} is blocked for {a}
someone said {a} is blocked from {b}
should {a} be able to hit {b}
are we sure {a} has no way to {b}
check {a} against {b}
verify that {b} cannot be accessed by {a}
prove that {a} is not able to access {b}
make sure {a} cannot get into {b}
tell me whether {b} trusts {a}
can {b} and only {b} be reached by {a}
does {a} depend on being let in by {b}
with {a} as the client and {b} as the server, does it work
source {a} destination {b}
src={a} dst={b}
dst {b} src {a}
source: {a}, target: {b}
destination {b}, source {a}
to {b} from {a}
{b} from {a}?
{b}, can {a} get there
{a}: can it reach {b}
{b}: can {a} reach it
{b} - reachable by {a}?
regarding {b}, is {a} allowed
how does {a} get to {b}
how is {b} reached by {a}
in what way can {a} reach {b}
over which ports does {a} reach {b}
on which ports is {b} reachable from {a}
on what port does {b} accept {a}
what ports of {b} are open to {a}
what ports are open from {a} to {b}
which ports does {b} expose to {a}
does anything prevent {a} talking to {b}
does anything prevent {b} hearing from {a}
{b} has no idea why {a} is refused
{a} hammering {b}, is it allowed
{a} leans on {b}, works?
{a} relies on {b} - is the path open?
{b} fronted by nothing: can {a} hit it
would a SYN from {a} be accepted at {b}
would {b}'s firewall let {a} through
would {b}'s policies let {a} through
would {a}'s policies let it go to {b}
{a} on the allow-list of {b}?
{a} as source, {b} as destination
{b} as destination, {a} as source
{a} (client) to {b} (server)
{b} (server) from {a} (client)
allow {a} to {b}?
deny {a} to {b}?
is it {a} that {b} rejects
is it {b} that {a} cannot find
{a} dialing {b}
{b} being dialed by {a}
{b} dialled from {a}
{a} queries {b}
{b} queried by {a}
queries to {b} made by {a}
queries from {a} against {b}
{a}'s calls to {b}
{a}'s queries against {b}
{b}'s answers to {a} never come
{b}'s port is closed to {a}
{b}'s listener open to {a}?
{a} hits {b} fine?
{a} struggles to reach {b}
trouble reaching {b} from {a}
problems from {a} to {b}
problem: {a} to {b}
issue with {a} reaching {b}
{a} has no connectivity to {b}
{b} has no connectivity from {a}
no route from {a} to {b}
no route to {b} from {a}
{a} lacks access to {b}
{b} lacks access from {a}
access for {a} to {b}
access to {b} for {a}
access from {a} on {b}
grant of {a} on {b} in place?
has {a} been granted access to {b}
has {b} been opened to {a}
has {b} been opened for {a}
is the door from {a} to {b} open
is the way to {b} free for {a}
is {b} fair game for {a}
is {a} free to use {b}
is {a} barred from {b}
is {a} banned from using {b}
is {b} closed off to {a}
is {b} shut for {a}
was {b} made reachable for {a}
does {b} hang up on {a}
does {b} talk back when {a} knocks
does {b} listen to {a}
who wins: may {a} contact {b}
how come {a} sees {b}
how come {b} is not seen by {a}
where does it break between {a} calling {b}
does data flow from {a} to {b}
does data flow to {b} from {a}
can data leave {a} for {b}
does {a} send its logs to {b}
does {a} ship metrics into {b}
""".strip().splitlines()

B_CALLS_A = """
{b} on the allow-list of {a}?
does {a} listen to {b}
does {a} trust {b}
does {a} accept {b}
does {a} take calls from {b}
how come {b} sees {a}
does {b} scrape {a}
is {a} scraped by {b}
does {b} pull from {a}
does {b} poll {a}
does {b} probe {a}
is {a} health-checked by {b}
does {b} health-check {a}
""".strip().splitlines()

WHO_CALLS_A = """
who hits {a}
who can get at {a}
who's able to use {a}
who may use {a}
who is {a} open to
who does {a} serve
who does {a} let in
who is let into {a}
who is blocked from {a}
who gets into {a}
whose traffic does {a} accept
which pods may enter {a}
which apps depend on access to {a}... who can call {a}
what talks to {a}
what may dial {a}
what gets to {a}
what's allowed into {a}
what has a route to {a}
what has permission to call {a}
inbound to {a}
ingress for {a}
ingress to {a}
sources for {a}
allowed sources of {a}
clients of {a}
callers of {a}?
{a} inbound
{a}'s ingress
{a}'s clients
{a}: who can call it
{a} exposed to whom
{a} reachable from where
{a} reachable by which pods
from where can {a} be called
from which namespaces is {a} reachable
by whom is {a} reachable
is anything able to reach {a}
is anyone allowed to reach {a}
can anything reach {a}
can anybody call {a}
can nobody reach {a}
does anyone have access to {a}
does anything connect to {a}
is {a} accessible to anyone
is {a} open to everyone
is {a} open to any pod
is {a} exposed
how exposed is {a}
show the exposure of {a}
list everything that can reach {a}
list who reaches {a}
enumerate the peers that can connect to {a}
give me the callers of {a}
every pod that can open a connection to {a}
all workloads with access to {a}
all sources that {a} accepts
access list of {a}
who could an attacker be to reach {a}
where can traffic to {a} come from
where does {a} accept traffic from
what does {a} accept connections from
which workloads does {a} accept
which pods are permitted to send traffic to {a}
which pods have a path into {a}
which pods are able to establish sessions with {a}
which of the pods can reach {a}
how many workloads can reach {a}
""".strip().splitlines()

WHAT_A_CALLS = """
what can {a} hit
what does {a} reach
what can {a} get at
what is {a} able to use
what may {a} use
where may {a} go
where can {a} connect
where can {a} go to
where is {a} allowed to connect
where does egress from {a} lead
whom can {a} call
who can {a} call
who can {a} reach
who is {a} allowed to talk to
which pods can {a} enter
which pods may {a} open connections to
which pods can {a} establish sessions with
which pods accept {a}
which pods let {a} in
which services does {a} have access to
which namespaces can {a} reach
to whom may {a} connect
to where can {a} send traffic
outbound of {a}
egress of {a}
egress from {a}
{a} egress
{a}'s egress
{a} outbound: where to
{a}: what can it call
destinations of {a}
targets of {a}
allowed destinations for {a}
can {a} reach anything
can {a} reach anyone
can {a} call anybody
does {a} have access to anything
does {a} reach everything
can {a} go anywhere
can {a} talk to nothing
what would a compromised {a} reach
what is exposed to {a}
what is reachable from {a}
what is accessible for {a}
what is open to {a}
what's visible from {a}
list everything reachable from {a}
list what {a} can reach
all workloads {a} can reach
all workloads reachable by {a}
every pod {a} can open a connection to
everything that {a} can reach
everywhere {a} can connect
how far can {a} get
how many workloads can {a} reach
which of the pods can {a} reach
which ports can {a} reach
in which namespaces can {a} reach something
where can traffic from {a} go
what could go wrong if {a} is hacked - what can it reach
what can be reached from {a}
what can be called by {a}
which pods can be contacted by {a}
which workloads are in reach of {a}
""".strip().splitlines()

ENDS = [("prod/orders", "prod/redis"), ("prod/web", "ops/grafana")]


def calls(plans: tuple[Plan, ...]) -> set[tuple[str, ...]]:
    return {
        (
            call.name,
            *(
                str(call.arguments[end])
                for end in ("source", "destination")
                if end in call.arguments
            ),
        )
        for plan in plans
        for call in plan.calls
    }


def misread(read: Reader, wordings: list[str], wanted: Wanted) -> tuple[list[object], list[str]]:
    """Return the wordings read otherwise, and those that were asked back or declined."""
    wrong: list[object] = []
    asked: list[str] = []
    for wording in wordings:
        for a, b in ENDS:
            # Of trouble that is told, the cause is looked for as well, between the same ends.
            found = {
                ("can_reach", *call[1:]) if call[0] == "diagnose" else call
                for call in calls(read(wording.format(a=a, b=b)))
            }
            both = {("can_reach", a, b), ("can_reach", b, a)}
            if not found or found == both:
                # What is cut off has no way there and none back: both are told.
                asked.append(wording)
            elif found != wanted(a, b):
                wrong.append((wording, found))
    return wrong, asked


@pytest.mark.parametrize(
    ("wordings", "wanted", "most_asked"),
    [
        (A_CALLS_B, lambda a, b: {("can_reach", a, b)}, 0.25),
        (B_CALLS_A, lambda a, b: {("can_reach", b, a)}, 0.25),
        (WHO_CALLS_A, lambda a, _: {("who_can_reach", a)}, 0.1),
        (WHAT_A_CALLS, lambda a, _: {("what_can_reach", a)}, 0.1),
    ],
    ids=["a to b", "b to a", "who", "what"],
)
def test_no_wording_turns_the_direction_round(
    bazaar: Reader,
    wordings: list[str],
    wanted: Wanted,
    most_asked: float,
) -> None:
    wrong, asked = misread(bazaar, wordings, wanted)

    assert wrong == []
    assert len(asked) <= most_asked * len(wordings) * len(ENDS)

"""Policies of Calico in a text, converted, with what of it could be checked."""

from dataclasses import replace

import yaml

from topology.authoring.calico import API, cilium_policy_of, covered_nets
from topology.authoring.checks import Check
from topology.authoring.edits import Edit, new_document
from topology.authoring.impact import refusals
from topology.authoring.rewriting import Refusal, Rewriting
from topology.errors import UnreadableInput
from topology.paths import Network

__all__ = ["migrate_calico"]


def migrate_calico(network: Network, text: str, known: Rewriting) -> Rewriting:
    """Add to a migration what comes of the policies of Calico in a text.

    Nothing here evaluates Calico's own policies, so that a conversion is never called verified:
    it follows Calico's documentation field by field, and is validated.

    Args:
        network: The cluster they are for.
        text: YAML, with any other objects besides.
        known: What came of the other policies.

    Raises:
        UnreadableInput: The text is no YAML.
    """
    try:
        objects = [one for one in yaml.safe_load_all(text) if isinstance(one, dict)]
    except yaml.YAMLError as error:
        message = f"The text is no YAML: {str(error).splitlines()[0]}."
        raise UnreadableInput(message, hint="Check its indentation.") from error
    listed = [one["items"] if isinstance(one.get("items"), list) else [one] for one in objects]
    items = [
        item
        for one in listed
        for item in one
        if isinstance(item, dict) and item.get("apiVersion") == API
    ]
    if not items:
        return known
    edits: list[Edit] = []
    refused: list[Refusal] = []
    for item in items:
        body, refusal = cilium_policy_of(item)
        nets = sorted(set(covered_nets(item, network.cluster)))
        if body is not None and nets:
            why = "it holds pods or nodes, which a CIDR never means under Cilium; name them."
            refusal = Refusal(
                policy=f"{item['kind']}/{body['metadata']['name']}", path=nets[0], why=why
            )
        if refusal is not None:
            refused.append(refusal)
        elif body is not None:
            edits.append(new_document(body, "convert it from Calico's form"))
    return _joined(network, known, edits, refused)


def _joined(
    network: Network, known: Rewriting, edits: list[Edit], refused: list[Refusal]
) -> Rewriting:
    documents = [edit.after for edit in edits if edit.after is not None]
    faults = refusals(documents, network.policies.profile)
    checks = list(known.checks)
    if edits:
        checks.append(
            Check(
                check="validation",
                ok=not faults,
                detail=" ".join(faults)
                or "Nothing in them would be refused by the API server, Cilium or Istio.",
            )
        )
        checks.append(
            Check(
                check="equal-to-calico",
                ok=False,
                detail="Policies of Calico are not evaluated here, so that nothing proves the "
                "conversion; it follows Calico's documentation field by field.",
            )
        )
    every = (*known.refusals, *refused)
    made = (*known.edits, *edits)
    return replace(
        known,
        outcome="refused" if every else "done" if made else known.outcome,
        edits=made,
        refusals=every,
        checks=tuple(checks),
    )

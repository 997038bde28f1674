"""Kafka rules, which Cilium has up to 1.19 (cilium/proxy, pkg/policy/api/kafka)."""

import re
from collections.abc import Mapping
from typing import Any

from topology.policy.fields import Faults, Rejected, quoted, text
from topology.policy.kafka import ROLES, KafkaRule

__all__ = ["check_kafka", "read_kafka"]

_KEYS = (
    "produce", "fetch", "offsets", "metadata", "leaderandisr", "stopreplica", "updatemetadata",
    "controlledshutdown", "offsetcommit", "offsetfetch", "findcoordinator", "joingroup",
    "heartbeat", "leavegroup", "syncgroup", "describegroups", "listgroups", "saslhandshake",
    "apiversions", "createtopics", "deletetopics", "deleterecords", "initproducerid",
    "offsetforleaderepoch", "addpartitionstotxn", "addoffsetstotxn", "endtxn", "writetxnmarkers",
    "txnoffsetcommit", "describeacls", "createacls", "deleteacls", "describeconfigs",
    "alterconfigs",
)  # fmt: skip
_TOPIC = re.compile(r"[-a-zA-Z0-9._\\\\]+")
_VERSION = re.compile(r"\+?[0-9]{1,10}")
_LONGEST_TOPIC = 255
_GREATEST_VERSION = 32767


def read_kafka(rule: Mapping[str, Any], path: str) -> KafkaRule:
    """Return one item of `rules.kafka`, a role as the requests that it stands for.

    Raises:
        Rejected: Cilium refuses it.
    """
    check_kafka(rule, path)
    key, role = (str(rule.get(name) or "").lower() for name in ("apiKey", "role"))
    version = str(rule.get("apiVersion") or "")
    return KafkaRule(
        keys=ROLES.get(role) or ((key,) if key else ()),
        topic=str(rule.get("topic") or ""),
        version=int(version) if version else None,
        client=str(rule.get("clientID") or ""),
    )


def check_kafka(rule: Mapping[str, Any], path: str) -> None:
    """Check one item of `rules.kafka`.

    Raises:
        Rejected: With everything that Cilium refuses in it.
    """
    faults = Faults()
    values = {}
    for name in ("apiKey", "apiVersion", "role", "topic"):
        with faults:
            values[name] = text(rule.get(name), f"{path}.{name}") or ""
    faults.settle()
    key, role = values["apiKey"], values["role"]
    if key and role:
        message = f"Cannot set both Role {quoted(role)} and APIKey {quoted(key)} together."
        with faults:
            raise Rejected("kafka", message, "Keep `role`.", path)
    if key and key.lower() not in _KEYS:
        fix = "Write a name such as produce, fetch or metadata."
        with faults:
            raise Rejected("kafka", f"Invalid Kafka APIKey {quoted(key)}.", fix, f"{path}.apiKey")
    if role and role.lower() not in ("produce", "consume"):
        fix = "Write produce or consume."
        with faults:
            raise Rejected("kafka", f"Invalid Kafka Role {quoted(role)}.", fix, f"{path}.role")
    with faults:
        _check_version(values["apiVersion"], f"{path}.apiVersion")
    with faults:
        _check_topic(values["topic"], f"{path}.topic")
    faults.settle()


def _check_version(version: str, path: str) -> None:
    good = _VERSION.fullmatch(version) and int(version) <= _GREATEST_VERSION
    if version and not good:
        fix = f'Write a number up to {_GREATEST_VERSION} in quotes: "2".'
        raise Rejected("kafka", f"Invalid Kafka APIVersion {quoted(version)}.", fix, path)


def _check_topic(topic: str, path: str) -> None:
    if len(topic) > _LONGEST_TOPIC:
        message = f"Kafka topic exceeds maximum len of {_LONGEST_TOPIC}."
        raise Rejected("kafka", message, "Shorten it.", path)
    if topic and not _TOPIC.fullmatch(topic):
        fix = "Write letters, digits, `.`, `_` and `-`; there are no wildcards."
        raise Rejected("kafka", f"Invalid Kafka Topic name {quoted(topic)}.", fix, path)

"""From a symptom to its cause: checks over everything that was given, each with its evidence."""

from topology.diagnosis.diagnose import Diagnosis, diagnose
from topology.diagnosis.evidence import Cause, Check, Fact, Gap
from topology.diagnosis.scene import Scene
from topology.diagnosis.symptom import Symptom, aspects_of, read_symptom

__all__ = ["Cause", "Check", "Diagnosis", "Fact", "Gap", "Scene", "Symptom", "aspects_of",
           "diagnose", "read_symptom"]  # fmt: skip

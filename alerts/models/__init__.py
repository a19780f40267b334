"""What is watched for, what was found, and who did what about it."""

from alerts.models.alert import Alert, AlertEvent
from alerts.models.change import RuleChange
from alerts.models.engine import EngineProcess, EngineShare, TargetState
from alerts.models.rule import AlertRule, Severity
from alerts.models.silence import Silence

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertRule",
    "EngineProcess",
    "EngineShare",
    "RuleChange",
    "Severity",
    "Silence",
    "TargetState",
]

"""What the team's files fill in: plain data, cheap to import."""

from blueprint.declare.declarations import Declarations
from blueprint.declare.function import Function
from blueprint.declare.limits import StartLimits
from blueprint.declare.table import Index, Table
from blueprint.declare.triggers import Http, Queue, Schedule, Stream

__all__ = ["Declarations", "Function", "Http", "Index", "Queue", "Schedule", "StartLimits", "Stream", "Table"]

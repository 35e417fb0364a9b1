"""What the team's files fill in: plain data, cheap to import."""

from blueprint.declare.declarations import Declarations
from blueprint.declare.limits import StartLimits
from blueprint.declare.route import Route
from blueprint.declare.table import Index, Table

__all__ = ["Declarations", "Index", "Route", "StartLimits", "Table"]

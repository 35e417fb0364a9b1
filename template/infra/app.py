"""What this team declares, handed to the blueprint. Yours to edit.

`cdk` runs this module, and so do the commands of the Makefile that need the declarations.
"""

from blueprint import commands
from blueprint.declare import Declarations
from infra.functions import FUNCTIONS
from infra.resources import add_resources
from infra.tables import TABLES
from service.aws_services import SERVICES
from service.models.configuration import ServiceConfiguration
from service.models.metrics import BusinessMetric

DECLARATIONS = Declarations(
    functions=FUNCTIONS,
    tables=TABLES,
    configuration=ServiceConfiguration,
    metrics=BusinessMetric,
    aws_services=SERVICES,
    resources=add_resources,
)

if __name__ == "__main__":
    commands.run(DECLARATIONS)

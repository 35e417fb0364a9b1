"""The function's environment variables, read once and validated."""

import os
from typing import Self

from pydantic import BaseModel, ConfigDict


class EnvironmentVariables(BaseModel):
    """A set of environment variables: a field is a variable's name, in any case.

    Read them at import, so that a function with a missing or wrong one fails when it starts, not in a request.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @classmethod
    def from_environment(cls) -> Self:
        """The variables; raises pydantic's ValidationError, which names the variables that are missing or wrong."""
        variables = {name.lower(): value for name, value in os.environ.items()}
        return cls.model_validate({name: variables[name] for name in cls.model_fields if name in variables})

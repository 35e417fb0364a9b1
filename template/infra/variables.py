"""Environment variables that the code reads beside the tables' names. Yours to edit.

Each with a value for where there is no AWS: the unit tests, the OpenAPI document, `make bench`. In the cloud
infra/extensions.py gives them theirs.
"""

VARIABLES: dict[str, str] = {}

"""`make token`: prints an access token for ENVIRONMENT's API, from the client credentials grant."""

import sys

from blueprint.testing.client import token
from blueprint.testing.environment import reach, settings
from blueprint.testing.localhost import resolve_localhost


def main() -> None:
    if settings().service.authorization != "cognito":
        sys.exit("error: service.toml, authorization: only cognito has tokens.")
    resolve_localhost()
    reach()
    print(token())


if __name__ == "__main__":
    main()

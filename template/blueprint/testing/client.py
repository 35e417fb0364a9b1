"""A client of the deployed API, which authorizes its requests as the service requires."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from blueprint.testing.environment import caller, environment, outputs, settings

TIMEOUT_SECONDS = 30


class SigV4(AuthBase):
    """Signs requests with the environment's credentials for calling the API."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # SigV4 signs a space as %20; in a URL + stands for it, too.
        address, mark, query = str(request.url).partition("?")
        request.url = address + mark + query.replace("+", "%20")
        # Signed are the body and the host alone: proxies may change the other headers.
        headers = {"Host": request.headers.get("Host") or urlsplit(request.url or "").netloc}
        signed = AWSRequest(request.method, request.url, headers=headers, data=request.body or b"")
        SigV4Auth(caller(), "execute-api", environment().region).add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


class Bearer(AuthBase):
    """Sends an access token of the service's user pool with the scopes, all of the client's by default."""

    def __init__(self, *scopes: str):
        self._scopes = scopes

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token(*self._scopes)}"
        return request


@cache
def token(*scopes: str) -> str:
    """An access token from the client credentials grant."""
    stack = outputs()
    client = boto3.client("cognito-idp").describe_user_pool_client(
        UserPoolId=stack["UserPoolId"], ClientId=stack["ClientId"]
    )["UserPoolClient"]
    response = requests.post(
        stack["TokenUrl"],
        data={"grant_type": "client_credentials", "scope": " ".join(scopes)},
        auth=(client["ClientId"], client["ClientSecret"]),
        timeout=TIMEOUT_SECONDS,
    )
    response.raise_for_status()
    access_token: str = response.json()["access_token"]
    return access_token


def authorization() -> AuthBase | None:
    """What the service's authorization takes; None for none."""
    match settings().service.authorization:
        case "iam":
            return SigV4()
        case "cognito":
            return Bearer()
        case "none":
            return None


class Api:
    """The deployed API. `auth` is what authorizes its requests; None sends them as they are.

    Raises requests' Timeout when an answer takes longer than `timeout`, in seconds.
    """

    def __init__(self, auth: AuthBase | None, *, timeout: float = TIMEOUT_SECONDS, connections: int = 10):
        self._auth, self._timeout = auth, timeout
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
        self.url = outputs()["ApiUrl"].rstrip("/")

    def request(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, **options: Any
    ) -> requests.Response:
        if query:
            # with %20 for a space: + is not what SigV4 signs
            path = f"{path}?{urlencode(query, quote_via=quote)}"
        return self._session.request(
            method, f"{self.url}{path}", auth=self._auth, timeout=self._timeout, allow_redirects=False, **options
        )

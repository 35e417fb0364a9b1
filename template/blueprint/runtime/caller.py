"""Who calls the API, as API Gateway has found out."""

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

ANYONE = "anyone"


def caller(event: APIGatewayProxyEvent) -> str:
    """The caller's stable id: Cognito's `sub` or client id, else the IAM principal's, else ANYONE.

    An IAM principal's id comes without the session's name (AROA…:session), so that a retry from another task
    with the same role is the same caller.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    claims = (event.request_context.authorizer.raw_event or {}).get("claims") or {}
    if claims:
        return f"cognito:{claims.get('sub') or claims['client_id']}"
    principal = event.request_context.identity.user
    return f"iam:{principal.partition(':')[0]}" if principal else ANYONE

"""The AWS services that the functions call, by botocore's names. Yours to edit.

The layer holds the data of these and of no others, and a client for any other one is refused.
"""

SERVICES = ("appconfigdata", "dynamodb")

"""Prints what all functions have logged in JSON, a line each."""

import boto3
from blueprint.testing.environment import reach

reach()
client = boto3.client("logs")
for group in client.describe_log_groups()["logGroups"]:
    for page in client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
        for event in page["events"]:
            if event["message"].startswith("{"):
                print(event["message"])

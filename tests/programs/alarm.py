"""ALARM VALUE ...: gives the values to the alarm's metric, as the AWS service would; prints the state."""

import sys

import boto3
from blueprint.testing.environment import reach

reach()
name, *values = sys.argv[1:]
cloudwatch = boto3.client("cloudwatch")
(alarm,) = cloudwatch.describe_alarms(AlarmNames=[f"orders-local-{name}"])["MetricAlarms"]
for value in values:
    cloudwatch.put_metric_data(
        Namespace=alarm["Namespace"],
        MetricData=[{"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"], "Value": float(value)}],
    )
print(cloudwatch.describe_alarms(AlarmNames=[alarm["AlarmName"]])["MetricAlarms"][0]["StateValue"])

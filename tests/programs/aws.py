#!/usr/bin/env python3
"""AWS's command line, as far as the guides use it: aws SERVICE OPERATION --NAME VALUE ..., by boto3."""

import sys

import boto3
from botocore import xform_name

service, operation, *options = sys.argv[1:]
client = boto3.client(service)
method = operation.replace("-", "_")
shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
names = {f"--{xform_name(member, '-')}": member for member in shape.members}
print(getattr(client, method)(**dict(zip(map(names.__getitem__, options[::2]), options[1::2], strict=True))))

"""What the Tracer costs a function: python scripts/tracing_cost.py PYTHON, the Python of a service's environment.

CPU time, the least of several processes: of importing and making it when all else is imported, and of a request that
has one traced method and one traced call of AWS, against the same without.
"""

import os
import subprocess
import sys

_RUNS = 10
_START = """
import time
import boto3
from aws_lambda_powertools import Logger, Metrics
began = time.process_time()
from aws_lambda_powertools import Tracer
Tracer(patch_modules=("botocore",))
print((time.process_time() - began) * 1e3)
"""
_REQUEST = """
import sys, time
import boto3
from botocore.awsrequest import AWSResponse
from aws_lambda_powertools import Tracer
traced = sys.argv[1] == "traced"
if traced:
    tracer = Tracer(patch_modules=("botocore",))
client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

class Body:
    def stream(self, **_): yield b"{}"
    def read(self, *_): return b"{}"

answer = lambda request, **_: AWSResponse(request.url, 200, {}, Body())
client.meta.events.register("before-send.dynamodb", answer)

def get():
    return client.get_item(TableName="t", Key={"id": {"S": "1"}})

def handler(event, context):
    return get()

if traced:
    get = tracer.capture_method(capture_response=False)(get)
    handler = tracer.capture_lambda_handler(capture_response=False)(handler)

class Context:
    function_name = "f"
    aws_request_id = "1"

for _ in range(20):
    handler({}, Context())
began = time.process_time()
for _ in range(200):
    handler({}, Context())
print((time.process_time() - began) / 200 * 1e3)
"""


def least(python: str, program: str, *arguments: str) -> float:
    """The least that the program prints, in milliseconds."""
    variables = {
        "PATH": os.environ["PATH"],
        "POWERTOOLS_SERVICE_NAME": "orders",
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_SAM_LOCAL": "",
        "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    }
    command = [python, "-c", program, *arguments]
    prints = [
        subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout for _ in range(_RUNS)
    ]
    return min(map(float, prints))


if __name__ == "__main__":
    python = sys.argv[1]
    plain, traced = (least(python, _REQUEST, kind) for kind in ("plain", "traced"))
    print(f"start    {least(python, _START):6.1f} ms more")
    print(f"request  {traced - plain:6.2f} ms more than {plain:.2f} ms")

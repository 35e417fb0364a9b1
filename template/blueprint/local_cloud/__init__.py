"""The cloud on this machine: MiniStack, to which the same CDK app is deployed as to AWS."""

"""The CDK app: what the service consists of in the cloud, and in the local one."""

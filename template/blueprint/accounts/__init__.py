"""What an AWS account needs for the service, and what keeps its environments safe."""

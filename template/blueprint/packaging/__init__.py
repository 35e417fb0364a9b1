"""What is uploaded: the functions' code and the layer with their dependencies."""

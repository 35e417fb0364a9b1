"""What an operator does to a deployed environment: take the last release back, restore a table."""

"""What the tests of orders share. Yours, as the orders are."""

"""Documents made from the templates."""

"""Documents for operators that are made from the templates: docs/permissions.md and docs/costs.md."""

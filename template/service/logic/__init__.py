"""The domain, which knows neither HTTP nor DynamoDB."""

"""The Serverless Service Blueprint's part of this service: `make update` brings newer versions of it."""

"""What tests of the service share: events, clients, faults, and how a deployed environment is reached."""

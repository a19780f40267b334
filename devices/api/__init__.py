"""The REST API of sites, devices and API tokens, and the rules every endpoint shares."""

"""Who may send: sites, devices, credentials, presence."""

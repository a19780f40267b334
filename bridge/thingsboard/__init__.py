"""ThingsBoard's device API over MQTT, whose topics name no device: its token does, at CONNECT."""

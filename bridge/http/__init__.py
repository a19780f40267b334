"""Telemetry over HTTP, for devices that cannot speak MQTT."""

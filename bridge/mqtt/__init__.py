"""The MQTT connection: bytes to messages, acknowledgements back. Nothing else knows paho."""

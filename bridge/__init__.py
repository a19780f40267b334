"""How readings get in: from MQTT, HTTP and ThingsBoard to a commit, in flow order."""

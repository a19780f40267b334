"""The live socket: one link to the channel layer, one hub, one viewer a browser."""

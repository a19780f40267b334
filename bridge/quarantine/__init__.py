"""What could not be stored: replayed once its cause is mended."""

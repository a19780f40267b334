"""All of it from one command: the servers, `up`, `prove`, backup and restore."""

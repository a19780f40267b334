"""What people see: pages, the live socket, and the modules that fill them."""

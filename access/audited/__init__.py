"""What is recorded in the audit log by itself, wherever it is done."""

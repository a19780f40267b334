"""What is watched for, what was found, and what people did about it."""

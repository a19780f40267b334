"""The rules of users as they are stored, changed over REST and tried out."""

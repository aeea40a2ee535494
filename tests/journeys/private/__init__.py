"""What each story says of people, and who may read it."""

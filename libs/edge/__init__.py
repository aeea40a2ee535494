"""What the HTTP edges of several services take in alike: parties, numbers, signatures."""

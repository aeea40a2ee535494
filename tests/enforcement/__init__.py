"""What is tested of enforcement."""

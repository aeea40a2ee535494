"""What the services of a suite are made of alike: put together with a pack, and able to forget."""

"""Events to bytes and back: CloudEvents, encryption, AsyncAPI."""

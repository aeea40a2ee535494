"""Access: who read what is sensitive, and what was erased."""

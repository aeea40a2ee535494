"""What a handoff does when others speak, and when handoffs themselves do."""

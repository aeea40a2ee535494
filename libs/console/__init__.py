"""The `lianban` command: run, demo, replay, play, trace, topics, lag, token, pack, forget."""

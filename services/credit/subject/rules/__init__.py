"""The rules of a subject: who may be one, and how its score is made."""

"""What is asked of cases: registers and desks, one case whole, files, public decisions."""

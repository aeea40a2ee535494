"""Long runs that would catch us lying: a short one in every test run, a long one by make soak."""

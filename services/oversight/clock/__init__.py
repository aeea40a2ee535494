"""Every statutory clock a second time, from events alone; and where its owner says otherwise."""

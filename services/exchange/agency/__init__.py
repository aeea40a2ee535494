"""An agency: who takes part."""

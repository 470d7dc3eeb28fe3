"""What tests/docs/check and planted_faults.py share."""

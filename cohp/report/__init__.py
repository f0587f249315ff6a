"""What people see of a run: terminal, contact sheet, page."""

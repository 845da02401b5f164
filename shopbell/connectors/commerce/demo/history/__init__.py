"""What was said at the demo shop before anybody signed in: past tickets and live ones."""

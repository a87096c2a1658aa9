"""The application as the report found it: views and services that write a booking's state."""

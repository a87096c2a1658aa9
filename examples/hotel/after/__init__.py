"""The same application on protected tables: what is around its views and services is new."""

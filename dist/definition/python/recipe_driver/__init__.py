"""Evaluates a recipe that is written in Python, and hands its template to the action as plain data."""

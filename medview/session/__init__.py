"""What is open now, and the things a person can do with it, one verb per module.

A verb is a function that takes the session first. Does not belong here: Qt, pictures, formats of files.
"""

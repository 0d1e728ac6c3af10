"""What a `plugin.toml` may say, one module a table: pure data, checked by pydantic before any code is imported.

Nothing here is evaluated: no expression, no path outside the plugin's folder, no name of a Python object but `entry`.
Does not belong here: finding manifests (`plugin.discovery`), and what they ask of a series (`plugin.fit`).
"""

"""The one command table, by menus, and what is made of it: menus, keys, shortcut sheet, palette, docs page."""

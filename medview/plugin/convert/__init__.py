"""Models as other programs leave them on disk, read as data and written as a plugin without code.

One module a format (`monai_bundle`, `nnunet_folder`), what they share, and the verb (`import_model`). Nothing of a
model is run or looked up by a name that it gives: what cannot be said in a manifest is refused with a sentence that
names it. Does not belong here: running the plugin that comes of it (`plugin.engine`), packs of MedView's own
(`plugin.pack`).
"""

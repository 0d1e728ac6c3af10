"""The arithmetic of networks on volumes: the one place beside plugins that knows torch.

Here a volume becomes the network's grid (`model_grid`, `intensity`, `resample_in`), is cut into tiles and put together
again (`tiles`, `sliding_window`), and logits become labels of the source's grid (`slab_labels`, `slab_values`), slab by
slab, so that memory follows the thickness of a patch and not the volume. `torch_models` loads networks. Does not belong
here: what a manifest says (`plugin.manifest`), where things run (`jobs`), files. Nothing here is imported before a run.
"""

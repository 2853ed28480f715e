"""pytest's entry: the plugin is loaded by its entry point, so nothing is registered here.

A file at the root makes `checks/` run from anywhere in the repository with this folder as rootdir.
"""

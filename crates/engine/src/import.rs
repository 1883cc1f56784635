//! From OpenStreetMap files to a dataset folder, written beside and renamed into place whole.

//! Dataset folders: where imported maps live, which one is active, and an opened one.

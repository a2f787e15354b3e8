//! The daemon: panes, store, listener.

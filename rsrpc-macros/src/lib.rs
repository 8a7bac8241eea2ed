//! The proc-macros of rsrpc. Users meet them re-exported by `rsrpc-runtime`; none is released yet.

//! HTTP/2 peers that behave badly.

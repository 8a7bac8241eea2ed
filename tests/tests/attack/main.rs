//! Attacks: after each, another client's call succeeds, memory grew by less than 64 MiB at its highest, the CPU was
//! busy for less than two seconds, and the attacker is cut off, or what it can take is bounded.

mod connections;
mod decompression;
mod floods;
mod http1;
mod memory;
mod slow_peers;
mod target_server;
mod tls;

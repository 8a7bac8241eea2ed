//! Attacks on a server. After each one another client's call succeeds, peak memory grew by less than 64 MiB, the CPU
//! was busy for less than two seconds, and the attacker is disconnected or its resources are bounded.

mod connections;
mod decompression;
mod floods;
mod http1;
mod memory;
mod slow_peers;
mod target_server;
mod tls;

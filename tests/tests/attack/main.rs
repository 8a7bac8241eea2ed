//! Attacks: after each, another client's call succeeds, memory grew by less than 64 MiB at its highest, the CPU was
//! busy for less than two seconds, and the attacker is cut off, or what it can take is bounded.

mod bombs;
mod connections;
mod floods;
mod held;
mod http1;
mod slow;
mod tls;
mod victim;

//! The load that every client of `bench.Echo` runs. A client program implements [`load::Client`] and calls
//! [`load::run`]; nothing here knows which implementation it drives.

pub mod load;

//! Invalid keys and values are all reported, and the code exists nevertheless.

mod attribute {
    use rsrpc_runtime::service;

    #[service(
        proto = "protos/greeter.proto",
        jason = off,
        json = maybe,
        bytes = [".", "not a path"],
        layout = file,
        service = on,
        includes = [5],
        includes = "protos",
        default_stubs on,
        server =,
        dyn = "x" "y",
        runtime_path,
        crate = "1",
    )]
    pub trait Greeter {}

    pub fn use_it(request: HelloRequest) -> GreeterServer<()> {
        let _ = request.name;
        loop {}
    }

    #[service("protos/one.proto", proto = 7, includes = off)]
    pub trait One {}

    #[service(
        proto = "protos/one.proto",
        includes = "protos",
        includes = ".",
        includes,
        = 5,
        json = false,
        client = true,
    )]
    pub trait Two {}
}

mod function {
    rsrpc_runtime::proto!();
    rsrpc_runtime::proto!("protos/one.proto", proto = "protos/one.proto", mod_file = "a.rs");

    pub fn use_it() {
        let _ = hello::Question::default();
    }
}

fn main() {}

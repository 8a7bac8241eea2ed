//! An implementation of a service behind one type: what a generated `…Dyn` holds.
//!
//! A table of handlers, made by the same generated glue as a server's routes, instead of an object-safe twin of the
//! trait: so a `…Dyn` costs a user's build next to nothing.

use std::any::{Any, type_name};
use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use crate::call::{Context, Handlers, Method, Status, Streaming};

/// What a method of a `…Dyn` or a `…Mock` returns.
pub type Outcome<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;

/// How a method is called; each is kept as `dyn Any`, by its method's path.
type Handler<In, Out> = Box<dyn Fn(Context, In) -> Outcome<Out> + Send + Sync>;

/// The methods of an implementation whose type is forgotten.
#[derive(Clone)]
pub struct DynService {
    table: Arc<Table>,
}

/// Takes the methods, one after the other.
pub struct Table {
    implementation: &'static str,
    handlers: HashMap<&'static str, Box<dyn Any + Send + Sync>>,
}

impl DynService {
    /// The methods of `service`, which `register` adds.
    pub fn new<T>(service: &Arc<T>, register: impl FnOnce(&Arc<T>, &mut Table)) -> Self {
        let mut table = Table {
            implementation: type_name::<T>(),
            handlers: HashMap::new(),
        };
        register(service, &mut table);
        Self {
            table: Arc::new(table),
        }
    }

    /// Calls a method. `In` and `Out` are what its handler takes and gives, messages or streams of them.
    pub fn call<Req, Rep, In, Out>(
        &self,
        method: &'static Method<Req, Rep>,
        cx: &Context,
        input: In,
    ) -> Outcome<Out>
    where
        In: 'static,
        Out: Send + 'static,
    {
        let path = method.descriptor().path();
        let handler = self.table.handlers.get(path);
        match handler.and_then(|handler| handler.downcast_ref::<Handler<In, Out>>()) {
            Some(handler) => handler(cx.clone(), input),
            // Only code that was not generated together gets here.
            None => Box::pin(ready(Err(Status::internal(format!(
                "{} has no such method {path}",
                self.table.implementation
            ))))),
        }
    }
}

impl fmt::Debug for DynService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table.implementation)
    }
}

macro_rules! kinds {
    ($($name:ident: $input:ty => $output:ty;)*) => {$(
        fn $name<T, F, Fut, Req, Rep>(&mut self, method: &'static Method<Req, Rep>, service: &Arc<T>, handler: F)
        where
            T: Send + Sync + 'static,
            Req: Send + 'static,
            Rep: Send + 'static,
            F: Fn(Arc<T>, Context, $input) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Result<$output, Status>> + Send + 'static,
        {
            let service = service.clone();
            let handler: Handler<$input, $output> =
                Box::new(move |cx, input| Box::pin(handler(service.clone(), cx, input)));
            self.handlers.insert(method.descriptor().path(), Box::new(handler));
        }
    )*};
}

impl Handlers for Table {
    kinds! {
        unary: Req => Rep;
        server_streaming: Req => Streaming<Rep>;
        client_streaming: Streaming<Req> => Rep;
        bidi: Streaming<Req> => Streaming<Rep>;
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("implementation", &self.implementation)
            .finish_non_exhaustive()
    }
}

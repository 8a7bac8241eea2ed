//! A type-erased service implementation, used by a generated `…Dyn`.
//!
//! A table of handlers, filled by the same generated code as a server's routes. It replaces an object-safe version of
//! the trait, so a `…Dyn` adds almost nothing to compile time.

use std::any::{Any, type_name};
use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use crate::call::{Context, Handler, Handlers, Method, Status, Streaming};

/// The boxed future of a method of a `…Dyn` or a `…Mock`.
pub type Outcome<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;

/// The handler of a method. Stored as `dyn Any` under the method's path.
type BoxedHandler<In, Out> = Box<dyn Fn(Context, In) -> Outcome<Out> + Send + Sync>;

/// The methods of a type-erased implementation.
#[derive(Clone)]
pub struct DynService {
    implementation: &'static str,
    handlers: Arc<HandlerTable>,
}

type HandlerTable = HashMap<&'static str, Box<dyn Any + Send + Sync>>;

/// Collects the handlers of an implementation.
pub struct HandlerCollector<T> {
    service: Arc<T>,
    handlers: HandlerTable,
}

impl DynService {
    /// Creates a table of the methods of `service` that `register` adds.
    pub fn new<T>(service: Arc<T>, register: impl FnOnce(&mut HandlerCollector<T>)) -> Self {
        let mut table = HandlerCollector {
            service,
            handlers: HashMap::new(),
        };
        register(&mut table);
        Self {
            implementation: type_name::<T>(),
            handlers: Arc::new(table.handlers),
        }
    }

    /// Calls a method. `In` and `Out` are its request and reply, messages or streams of messages.
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
        let handler = self.handlers.get(path);
        match handler.and_then(|handler| handler.downcast_ref::<BoxedHandler<In, Out>>()) {
            Some(handler) => handler(cx.clone(), input),
            // Reachable only if the code was not generated together.
            None => Box::pin(ready(Err(Status::internal(format!(
                "{} does not implement {path}",
                self.implementation
            ))))),
        }
    }
}

impl fmt::Debug for DynService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.implementation)
    }
}

macro_rules! kinds {
    ($($name:ident: $input:ty => $output:ty;)*) => {$(
        fn $name<Req, Rep>(
            &mut self,
            method: &'static Method<Req, Rep>,
            handler: impl Handler<T, $input, $output>,
        )
        where
            Req: Send + 'static,
            Rep: Send + 'static,
        {
            let service = self.service.clone();
            let handler: BoxedHandler<$input, $output> =
                Box::new(move |cx, input| Box::pin(handler.call(service.clone(), cx, input)));
            self.handlers.insert(method.descriptor().path(), Box::new(handler));
        }
    )*};
}

impl<T: Send + Sync + 'static> Handlers<T> for HandlerCollector<T> {
    kinds! {
        unary: Req => Rep;
        server_streaming: Req => Streaming<Rep>;
        client_streaming: Streaming<Req> => Rep;
        bidi: Streaming<Req> => Streaming<Rep>;
    }
}

impl<T> fmt::Debug for HandlerCollector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerCollector")
            .field("implementation", &type_name::<T>())
            .finish_non_exhaustive()
    }
}

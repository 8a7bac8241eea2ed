//! Task spawning with a single future type. Each future type spawned would compile another copy of tokio's task code.

use std::future::Future;

use futures_core::future::BoxFuture;
use tokio::task::JoinHandle;

/// The boxed future of a task.
pub(crate) type Task = BoxFuture<'static, ()>;

/// Spawns a task on the current tokio runtime.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    spawn_boxed(Box::pin(task))
}

fn spawn_boxed(task: Task) -> JoinHandle<()> {
    tokio::spawn(task)
}

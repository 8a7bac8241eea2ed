//! Tasks of one type: of each type, a program would hold its own copy of the scheduler's code.

use std::future::Future;

use futures_core::future::BoxFuture;
use tokio::task::JoinHandle;

/// What a task runs.
pub(crate) type Task = BoxFuture<'static, ()>;

/// Starts a task.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    spawn_boxed(Box::pin(task))
}

fn spawn_boxed(task: Task) -> JoinHandle<()> {
    tokio::spawn(task)
}

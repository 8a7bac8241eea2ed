//! A `Watch` call. It keeps the last status sent, and reads the latest status when the stream has capacity.

use futures_util::stream;
use tokio::sync::watch;

use super::ServingStatuses;
use super::v1::HealthCheckResponse;
use super::v1::health_check_response::ServingStatus;
use crate::call::{Status, Streaming};

pub(super) struct HealthWatcher {
    service: String,
    statuses: watch::Receiver<ServingStatuses>,
    shutting_down: watch::Receiver<bool>,
    last_sent: Option<ServingStatus>,
}

impl HealthWatcher {
    pub(super) fn new(
        service: String,
        statuses: watch::Receiver<ServingStatuses>,
        shutting_down: watch::Receiver<bool>,
    ) -> Self {
        Self {
            service,
            statuses,
            shutting_down,
            last_sent: None,
        }
    }

    pub(super) fn into_stream(self) -> Streaming<HealthCheckResponse> {
        Streaming::new(stream::unfold(self, |mut watcher| async move {
            let next = watcher.next().await;
            Some((next, watcher))
        }))
    }

    /// Waits for a status that differs from the last one sent. Fails when the server shuts down.
    async fn next(&mut self) -> Result<HealthCheckResponse, Status> {
        loop {
            let shutting_down = *self.shutting_down.borrow_and_update();
            let status = match self.statuses.borrow_and_update().get(&self.service) {
                None => ServingStatus::ServiceUnknown,
                Some(_) if shutting_down => ServingStatus::NotServing,
                Some(status) => status,
            };
            if self.last_sent.replace(status) != Some(status) {
                return Ok(HealthCheckResponse {
                    status: status.into(),
                });
            }
            if shutting_down {
                return Err(Status::unavailable("the server is shutting down"));
            }
            // Both senders live as long as the service, which waits for this call.
            tokio::select! {
                _ = self.statuses.changed() => {}
                _ = self.shutting_down.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;
    use crate::call::Code;

    fn set(statuses: &watch::Sender<ServingStatuses>, service: &str, status: ServingStatus) {
        statuses.send_modify(|statuses| {
            statuses.by_service.insert(service.to_owned(), status);
        });
    }

    async fn next(stream: &mut Streaming<HealthCheckResponse>) -> ServingStatus {
        stream.message().await.unwrap().unwrap().status()
    }

    #[tokio::test]
    async fn slow_watcher_receives_only_the_latest_status() {
        let (statuses, shutting_down) = (
            watch::Sender::new(ServingStatuses::default()),
            watch::Sender::new(false),
        );
        let watcher = HealthWatcher::new("a".to_owned(), statuses.subscribe(), shutting_down.subscribe());
        let mut stream = watcher.into_stream();
        assert_eq!(next(&mut stream).await, ServingStatus::ServiceUnknown);

        let mut waiting = Box::pin(next(&mut stream));
        assert!(poll_once(&mut waiting).is_pending());
        // Neither another service nor a change that was reverted is reported.
        set(&statuses, "b", ServingStatus::Serving);
        assert!(poll_once(&mut waiting).is_pending());
        for _ in 0..1000 {
            set(&statuses, "a", ServingStatus::NotServing);
            set(&statuses, "a", ServingStatus::Serving);
        }
        assert_eq!(waiting.await, ServingStatus::Serving);

        set(&statuses, "a", ServingStatus::NotServing);
        shutting_down.send_replace(true);
        assert_eq!(next(&mut stream).await, ServingStatus::NotServing);
        let end = stream.message().await.unwrap_err();
        assert_eq!(
            (end.code(), end.message()),
            (Code::Unavailable, "the server is shutting down")
        );
    }

    fn poll_once<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::Pin::new(future).poll(&mut cx)
    }
}

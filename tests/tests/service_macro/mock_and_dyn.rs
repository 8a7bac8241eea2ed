//! Generated mocks, `…Dyn` and stubs, and services generated without some of them.

use rsrpc_runtime::{Code, Context, Status, Streaming, service};

/// Counts.
#[service(package = "doubles")]
trait Counter {
    async fn add(&self, cx: &Context, a: i32, b: i32) -> Result<i32, Status>;
    async fn count(&self, to: i32) -> Result<Streaming<i32>, Status>;
    async fn ping(&self) -> Result<(), Status>;
}

#[service(package = "doubles", codec = "json")]
trait JsonCounter {
    // `AddRequest` exists already for the other trait of this module.
    #[rpc(request = "JsonAddRequest")]
    async fn add(&self, a: u8, b: u8) -> Result<u8, Status>;
}

async fn sum(counter: &impl Counter) -> Result<i32, Status> {
    counter.ping().await?;
    counter.add(&Context::new(), 1, 2).await
}

#[tokio::test]
async fn mock_takes_trait_arguments() {
    let mock = CounterMock::new();
    mock.expect_ping().times(2).returns(());
    mock.expect_add()
        .with(AddRequest { a: 1, b: 2 })
        .times(2)
        .returns(3);
    mock.expect_count().streams([7, 8]);
    assert_eq!(sum(&mock).await.unwrap(), 3);
    let client = mock.client();
    assert_eq!(sum(&client).await.unwrap(), 3);
    let mut counted = client.count(2).await.unwrap();
    assert_eq!(counted.message().await.unwrap(), Some(7));
    drop(counted);
    mock.verify();
}

#[tokio::test]
async fn dyn_wraps_any_implementation() {
    let mock = CounterMock::new();
    mock.expect_ping().returns(());
    mock.expect_add()
        .replies_with(|_, AddRequest { a, b }| async move { Ok(a + b) });
    let any = CounterDyn::new(mock);
    assert_eq!(sum(&any.clone()).await.unwrap(), 3);

    let mock = JsonCounterMock::new();
    mock.expect_add()
        .when(|request| request.a == 1)
        .fails(Status::aborted("no"));
    let any = JsonCounterDyn::new(mock);
    assert_eq!(any.add(1, 2).await.unwrap_err().code(), Code::Aborted);
}

/// Each option leaves out its own items; the others compile.
mod switches {
    use super::*;

    macro_rules! switched {
        ($($module:ident: $($switch:ident = $value:ident),*;)*) => {$(
            mod $module {
                use super::*;

                #[service(package = "switches", $($switch = $value),*)]
                pub(crate) trait Switched {
                    async fn go(&self, cx: &Context, to: String) -> Result<Vec<String>, Status>;
                    async fn stay(&self) -> Result<(), Status>;
                }
            }
        )*};
    }

    switched! {
        all:;
        no_client: client = off;
        no_server: server = off;
        no_mock: mock = off;
        no_dyn: dyn = off;
        nothing: client = off, server = off, mock = off, dyn = off;
        stubs: default_stubs = on;
    }

    struct Idle;

    impl stubs::Switched for Idle {
        async fn stay(&self) -> Result<(), Status> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn default_stub_status_names_the_method() {
        let status = stubs::Switched::go(&Idle, &Context::new(), String::new()).await;
        let status = status.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        assert_eq!(status.message(), "switches.Switched.Go is not implemented");
        stubs::Switched::stay(&Idle).await.unwrap();
    }
}

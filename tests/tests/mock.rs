//! Mocks: in process, behind servers of every protocol, and their errors when expectations fail.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rsrpc_runtime::client::Protocol;
use rsrpc_runtime::mock::Sequence;
use rsrpc_runtime::transport::memory;
use rsrpc_runtime::{Channel, Code, Context, Metadata, Server, Status, Streaming};
use rsrpc_tests::mocked::{
    Answer, Desk, DeskClient, DeskDyn, DeskMethods, DeskMock, DeskServer, Question, Verifier,
    VerifierMethods, VerifierMock,
};

fn soon<F: IntoFuture>(work: F) -> impl Future<Output = F::Output> {
    rsrpc_tests::soon(work.into_future())
}

fn question(text: &str) -> Question {
    Question { text: text.into() }
}

fn answer(text: &str) -> Answer {
    Answer { text: text.into() }
}

fn texts(questions: &[Question]) -> Vec<&str> {
    questions.iter().map(|question| question.text.as_str()).collect()
}

/// A client of the mock that speaks `protocol`.
fn client(mock: &DeskMock, protocol: Protocol) -> DeskClient {
    let (listener, connector) = memory();
    let server = Server::new().add_service(DeskServer::new(mock.clone()));
    tokio::spawn(server.listen(listener).unwrap().serve());
    let channel = Channel::builder("memory:")
        .connector(connector)
        .protocol(protocol);
    DeskClient::new(channel.build().unwrap())
}

/// Text of a failed check. Locations in this file are replaced by `HERE`.
fn complaint(mock: &DeskMock) -> String {
    let panicked = catch_unwind(AssertUnwindSafe(|| mock.verify())).expect_err("a failed check");
    without_places(panicked.downcast_ref::<String>().expect("a text"))
}

fn without_places(text: &str) -> String {
    let mut parts = text.split("tests/mock.rs:");
    let mut found = parts
        .next()
        .unwrap_or_default()
        .trim_end_matches("tests/")
        .to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|each: char| each.is_ascii_digit() || each == ':');
        found.push_str("HERE");
        found.push_str(rest.trim_end_matches("tests/"));
    }
    found
}

async fn collect(mut stream: Streaming<Answer>) -> (Vec<String>, Option<Status>) {
    let mut found = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(answer)) => found.push(answer.text),
            Ok(None) => return (found, None),
            Err(status) => return (found, Some(status)),
        }
    }
}

/// Checks unary calls through any handle of a mock.
async fn check_unary(desk: impl Desk, mock: &DeskMock) {
    let cx = Context::new();
    mock.expect_ask()
        .when(|question| question.text == "why")
        .times(2)
        .returns(answer("because"));
    mock.expect_ask()
        .with(question("when"))
        .fails(Status::not_found("no calendar"));
    for _ in 0..2 {
        assert_eq!(desk.ask(&cx, question("why")).await.unwrap(), answer("because"));
    }
    let status = desk.ask(&cx, question("when")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no calendar"));
    let calls = mock.calls_of(DeskMethods::ASK);
    let asked: Vec<_> = calls.iter().flat_map(|call| texts(&call.requests)).collect();
    assert_eq!(asked, ["why", "why", "when"]);
    mock.verify();
}

async fn check_streams(desk: impl Desk, mock: &DeskMock) {
    let cx = Context::new();
    mock.expect_explain()
        .streams([answer("first"), answer("second")])
        .then_fails(Status::aborted("tired"));
    let (found, status) = collect(desk.explain(&cx, question("all")).await.unwrap()).await;
    assert_eq!(found, ["first", "second"]);
    assert_eq!(status.unwrap().code(), Code::Aborted);

    let sum = mock
        .expect_sum()
        .with([question("1"), question("2")])
        .returns(answer("3"));
    let sent = Streaming::from(vec![question("1"), question("2")]);
    assert_eq!(desk.sum(&cx, sent).await.unwrap(), answer("3"));
    assert_eq!(texts(&sum.received()), ["1", "2"]);

    let chat = mock
        .expect_chat()
        .replies_to_each(|question| match question.text.as_str() {
            "stop" => Err(Status::cancelled("as asked")),
            text => Ok(answer(&text.to_uppercase())),
        });
    let sent = Streaming::from(vec![question("a"), question("b"), question("stop")]);
    let (found, status) = collect(desk.chat(&cx, sent).await.unwrap()).await;
    assert_eq!(found, ["A", "B"]);
    assert_eq!(status.unwrap().message(), "as asked");
    assert_eq!(
        (chat.called(), texts(&chat.received())),
        (1, vec!["a", "b", "stop"])
    );
    mock.verify();
}

#[tokio::test]
async fn mock_in_process() {
    let mock = DeskMock::new();
    check_unary(mock.clone(), &mock).await;
    check_streams(mock.clone(), &mock).await;
}

#[tokio::test]
async fn mock_over_every_protocol() {
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let mock = DeskMock::new();
        soon(check_unary(client(&mock, protocol), &mock)).await;
    }
    let mock = DeskMock::new();
    soon(check_streams(client(&mock, Protocol::Grpc), &mock)).await;
    let mock = DeskMock::new();
    soon(check_unary(mock.client(), &mock)).await;
}

#[tokio::test]
async fn mock_behind_dyn() {
    let mock = DeskMock::new();
    let desk = DeskDyn::new(mock.clone());
    check_unary(desk.clone(), &mock).await;
    soon(check_streams(DeskDyn::new(mock.client()), &mock)).await;
    let desks = vec![desk, DeskDyn::from_arc(std::sync::Arc::new(mock.client()))];
    mock.expect_ask().times(2).returns(answer("yes"));
    for desk in &desks {
        assert_eq!(
            desk.ask(&Context::new(), question("?")).await.unwrap(),
            answer("yes")
        );
    }
    let names: Vec<_> = desks.iter().map(|desk| format!("{desk:?}")).collect();
    assert!(names[0].contains("mocked::DeskMock"), "{}", names[0]);
    assert!(names[1].contains("mocked::DeskClient"), "{}", names[1]);
    let (listener, connector) = memory();
    let server = Server::new().add_service(DeskServer::new(desks[0].clone()));
    tokio::spawn(server.listen(listener).unwrap().serve());
    let client = DeskClient::new(Channel::builder("memory:").connector(connector).build().unwrap());
    mock.expect_ask().returns(answer("served"));
    assert_eq!(soon(client.ask(question("?"))).await.unwrap(), answer("served"));
}

#[tokio::test]
async fn mock_reply_depends_on_the_request() {
    let mock = DeskMock::new();
    let mut asked = 0;
    mock.expect_ask()
        .when_context(|cx| cx.metadata().get("tenant") == Some("blue"))
        .replies_with(move |cx, question| {
            asked += 1;
            let tenant = cx.metadata().get("tenant").unwrap_or_default().to_owned();
            async move { Ok(answer(&format!("{tenant} {} {asked}", question.text))) }
        });
    mock.expect_chat().replies_with(|_, mut questions| async move {
        let first = questions.message().await?.unwrap_or_default();
        Ok(Streaming::from(vec![answer(&first.text)]))
    });
    let client = mock.client();
    for expected in ["blue a 1", "blue a 2"] {
        let call = client.ask(question("a")).metadata("tenant", "blue");
        assert_eq!(soon(call).await.unwrap().text, expected);
    }
    let replies = soon(client.chat().send(vec![question("x"), question("y")]))
        .await
        .unwrap();
    assert_eq!(collect(replies).await.0, ["x"]);
    let mut metadata = Metadata::new();
    metadata.insert("tenant", "red").unwrap();
    let status = mock
        .ask(&Context::new().with_metadata(metadata), question("a"))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(complaint(&mock).contains("the call does not match: matching the context condition at HERE"));
}

#[tokio::test]
async fn mock_reads_requests_of_an_ended_stream() {
    let mock = DeskMock::new();
    let chat = mock.expect_chat().streams([answer("bye")]);
    let sent = Streaming::from(vec![question("a"), question("b")]);
    let (found, status) = collect(mock.chat(&Context::new(), sent).await.unwrap()).await;
    assert_eq!((found, status.is_none()), (vec!["bye".to_owned()], true));
    assert_eq!(texts(&chat.received()), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn mock_delays() {
    let mock = DeskMock::new();
    mock.expect_ask()
        .after(Duration::from_secs(3))
        .returns(answer("late"));
    mock.expect_explain()
        .paced(Duration::from_secs(2))
        .streams([answer("a"), answer("b")]);
    let started = tokio::time::Instant::now();
    mock.ask(&Context::new(), question("?")).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(3));
    let mut replies = mock.explain(&Context::new(), question("?")).await.unwrap();
    replies.message().await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(5));
    replies.message().await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(7));
    let call = mock
        .client()
        .ask(question("?"))
        .timeout(Duration::from_secs(1))
        .await;
    assert_eq!(call.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn first_matching_expectation_replies() {
    let mock = DeskMock::new();
    let cx = Context::new();
    mock.expect_ask().once().returns(answer("once"));
    mock.expect_ask().with(question("no")).never();
    mock.expect_ask().times(..).returns(answer("always"));
    for expected in ["once", "always", "always"] {
        assert_eq!(mock.ask(&cx, question("?")).await.unwrap(), answer(expected));
    }
    mock.verify();
    let status = mock.ask(&cx, question("no")).await.unwrap_err();
    assert_eq!(
        without_places(status.message()),
        "unexpected call of rsrpc.testing.mocked.Desk/Ask with {\"text\":\"no\"}\n  \
         expected Ask (at HERE), but it is expected exactly once and was already called once\n  \
         expected Ask with {\"text\":\"no\"} (at HERE), but it must never be called"
    );
    complaint(&mock);
}

#[tokio::test]
async fn mock_sequence_spans_methods_and_mocks() {
    let (one, other) = (DeskMock::new(), DeskMock::new());
    let order = Sequence::new();
    let cx = Context::new();
    one.expect_ask().times(2).in_order(&order).returns(answer("1"));
    other.expect_ask().in_order(&order).returns(answer("2"));
    let early = other.ask(&cx, question("?")).await.unwrap_err();
    assert_eq!(
        without_places(early.message()),
        "unexpected call of rsrpc.testing.mocked.Desk/Ask with {\"text\":\"?\"}\n  \
         expected Ask (at HERE), but the sequence requires Ask (at HERE) first"
    );
    for desk in [&one, &one, &other, &other] {
        desk.ask(&cx, question("?")).await.unwrap();
    }
    let late = one.ask(&cx, question("?")).await.unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition);
    complaint(&one);
    complaint(&other);
}

#[tokio::test]
async fn failed_expectations_are_reported() {
    let mock = DeskMock::new();
    let cx = Context::new();
    mock.expect_explain().with(question("all")).times(2..).streams([]);
    mock.expect_sum();
    let nothing = mock.ask(&cx, question("who")).await.unwrap_err();
    assert_eq!(nothing.code(), Code::Unimplemented);
    let explained = mock.explain(&cx, question("all")).await.unwrap();
    assert_eq!(collect(explained).await.0, [""; 0]);
    assert_eq!(
        mock.explain(&cx, question("some")).await.unwrap_err().code(),
        Code::FailedPrecondition
    );
    assert_eq!(
        mock.sum(&cx, Streaming::empty()).await.unwrap_err().code(),
        Code::FailedPrecondition
    );
    assert_eq!(
        complaint(&mock),
        "the mock of rsrpc.testing.mocked.Desk was not used as expected\n\
         expected Explain with {\"text\":\"all\"} (at HERE) to be called at least twice, but it was called once\n\
         unexpected call of rsrpc.testing.mocked.Desk/Ask with {\"text\":\"who\"}: the mock expects Explain, Sum\n\
         unexpected call of rsrpc.testing.mocked.Desk/Explain with {\"text\":\"some\"}\n  \
         expected Explain with {\"text\":\"all\"} (at HERE), but the call does not match: with {\"text\":\"all\"}\n\
         the expectation of Sum (at HERE) has no reply: set one with returns(), fails() or replies_with()"
    );
}

#[test]
fn first_mock_handle_verifies_on_drop() {
    let missed = |mock: DeskMock| {
        mock.expect_ask().returns(answer("!"));
        mock
    };
    let mock = missed(DeskMock::new());
    drop(mock.clone());
    let panicked = catch_unwind(AssertUnwindSafe(|| drop(mock))).expect_err("a failed check");
    assert_eq!(
        without_places(panicked.downcast_ref::<String>().unwrap()),
        "the mock of rsrpc.testing.mocked.Desk was not used as expected\n\
         expected Ask (at HERE) to be called at least once, but it was never called"
    );
    // A mock dropped during a panic does not panic again, which would abort the process.
    let panicked = catch_unwind(|| {
        let _mock = missed(DeskMock::new());
        panic!("the test's own failure");
    });
    assert_eq!(
        *panicked.unwrap_err().downcast_ref::<&str>().unwrap(),
        "the test's own failure"
    );
}

#[tokio::test]
async fn methods_named_like_mock_methods() {
    let mock = VerifierMock::new();
    let cx = Context::new();
    mock.expect_verify().returns(answer("verified"));
    mock.expect_client().returns(answer("client"));
    mock.expect_expect_verify().returns(answer("expected"));
    mock.expect_calls_of().returns(answer("calls"));
    mock.expect_move().returns(answer("moved"));
    let client = mock.client();
    assert_eq!(
        Verifier::verify(&mock, &cx, question("?")).await.unwrap(),
        answer("verified")
    );
    assert_eq!(
        soon(client.client(question("?"))).await.unwrap(),
        answer("client")
    );
    assert_eq!(
        soon(client.expect_verify(question("?"))).await.unwrap(),
        answer("expected")
    );
    assert_eq!(
        soon(client.calls_of(question("?"))).await.unwrap(),
        answer("calls")
    );
    assert_eq!(mock.r#move(&cx, question("?")).await.unwrap(), answer("moved"));
    assert_eq!(mock.calls_of(VerifierMethods::CLIENT).len(), 1);
    mock.verify();
}

use std::sync::{Arc, Mutex};

use super::*;
use crate::MessageCodec;
use crate::call::{CallParts, Code, Metadata, Method, MethodKind, Streaming};

static METHOD: Method<String, String> = Method::new(
    MethodKind::Unary,
    "/test.Echo/Echo",
    MessageCodec::protobuf("google.protobuf.StringValue"),
    MessageCodec::protobuf("google.protobuf.StringValue"),
);

fn parts() -> CallParts {
    CallParts {
        method: Some(METHOD.descriptor()),
        ..CallParts::default()
    }
}

async fn echo(chain: &InterceptorChain, request: &str) -> Result<(String, Metadata), Status> {
    let call = Call::new(
        parts(),
        RequestBody::Message(TypedMessage::boxed(request.to_owned(), METHOD.request())),
    );
    let reply = chain
        .run(call, |mut call| async move {
            let request = call.take_message(METHOD.request()).await?;
            Ok(Reply::typed(request, METHOD.reply()))
        })
        .await?
        .take_message(METHOD.reply())?;
    Ok((reply.message, reply.headers))
}

#[tokio::test]
async fn interceptors_run_in_order_and_change_messages() {
    let mut chain = InterceptorChain::default();
    for name in ["a", "b"] {
        chain.push(interceptor(move |mut call: Call, next: Next| async move {
            call.on_message(move |message| {
                message.downcast_mut::<String>().unwrap().push_str(name);
                Ok(())
            });
            let mut reply = next.run(call).await?;
            reply.headers_mut().append("order", name).unwrap();
            reply
                .message_mut()
                .unwrap()
                .downcast_mut::<String>()
                .unwrap()
                .push_str(&name.to_uppercase());
            Ok(reply)
        }));
    }
    let (reply, headers) = echo(&chain, "-").await.unwrap();
    assert_eq!(reply, "-abBA");
    assert_eq!(headers.get_all("order").collect::<Vec<_>>(), ["b", "a"]);
}

#[tokio::test]
async fn interceptor_replies_or_rejects_without_the_handler() {
    let mut chain = InterceptorChain::default();
    chain.push(interceptor(|mut call: Call, next: Next| async move {
        let message = call
            .message()
            .await?
            .unwrap()
            .downcast_ref::<String>()
            .unwrap()
            .clone();
        match message.as_str() {
            "answer" => Ok(Reply::message("from cache".to_owned())),
            "wrong" => Ok(Reply::message(7)),
            "refuse" => Err(Status::permission_denied("no")),
            _ => next.run(call).await,
        }
    }));
    assert_eq!(echo(&chain, "answer").await.unwrap().0, "from cache");
    assert_eq!(
        echo(&chain, "refuse").await.unwrap_err().code(),
        Code::PermissionDenied
    );
    assert_eq!(echo(&chain, "wrong").await.unwrap_err().code(), Code::Internal);
    assert_eq!(echo(&chain, "pass").await.unwrap().0, "pass");
}

#[tokio::test]
async fn reply_on_end_runs_once_per_stream() {
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    let reply = |stream: Streaming<String>| {
        let mut reply = Reply::stream(stream);
        let outcomes = outcomes.clone();
        reply.on_end(move |outcome| outcomes.lock().unwrap().push(outcome.map_err(Status::code)));
        reply.take_stream(METHOD.reply()).unwrap().0
    };
    let mut whole = reply(Streaming::from(["a".to_owned()]));
    while whole.message().await.unwrap().is_some() {}
    drop(whole);
    drop(reply(Streaming::from(["a".to_owned()])));
    let (sender, lost) = Streaming::channel(1);
    sender.fail(Status::not_found("x"));
    assert!(reply(lost).message().await.is_err());
    assert_eq!(
        *outcomes.lock().unwrap(),
        [Ok(()), Err(Code::Cancelled), Err(Code::NotFound)]
    );
}

#[tokio::test]
async fn call_on_end_runs_for_every_outcome() {
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    let mut chain = InterceptorChain::default();
    let seen = outcomes.clone();
    chain.push(interceptor(move |mut call: Call, next: Next| {
        let seen = seen.clone();
        call.on_end(move |outcome| seen.lock().unwrap().push(outcome.map_err(Status::code)));
        next.run(call)
    }));
    chain.push(interceptor(|mut call: Call, next: Next| async move {
        match call
            .message()
            .await?
            .unwrap()
            .downcast_ref::<String>()
            .unwrap()
            .as_str()
        {
            "refuse" => Err(Status::permission_denied("no")),
            "hang" => std::future::pending().await,
            _ => next.run(call).await,
        }
    }));
    echo(&chain, "pass").await.unwrap();
    echo(&chain, "refuse").await.unwrap_err();
    tokio::select! {
        biased;
        _ = echo(&chain, "hang") => unreachable!(),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(
        *outcomes.lock().unwrap(),
        [Ok(()), Err(Code::PermissionDenied), Err(Code::Cancelled)]
    );
}

#[tokio::test(start_paused = true)]
async fn deadline_set_by_interceptor_bounds_the_next() {
    let mut chain = InterceptorChain::default();
    chain.push(DefaultTimeout::new(std::time::Duration::from_secs(1)));
    chain.push(interceptor(|_: Call, _: Next| std::future::pending()));
    assert_eq!(
        echo(&chain, "x").await.unwrap_err().code(),
        Code::DeadlineExceeded
    );
}

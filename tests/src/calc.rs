//! The service behind `jsonrpc/cases.jsonl`.

use rsrpc_runtime::prost_types::value::Kind as ValueKind;
use rsrpc_runtime::prost_types::{ListValue, Value};
use rsrpc_runtime::{Code, Context, Status, Streaming};

/// The generated code of `rsrpc.test`.
#[allow(missing_docs)]
pub mod proto {
    rsrpc_runtime::include_proto!("rsrpc.test");
}

use proto::{
    BlobRequest, BlobResponse, Calc, CalcServer, CountItem, CountRequest, DiffResponse, EchoMessage,
    FailRequest, SubtractRequest, UpdateRequest, WrapMessage,
};

/// Does what `jsonrpc/calc.proto` says.
#[derive(Debug, Default, Clone, Copy)]
pub struct Calculator;

/// The service with the aliases that the cases use.
pub fn server() -> CalcServer<Calculator> {
    CalcServer::new(Calculator)
        .jsonrpc_alias("subtract", "Subtract")
        .jsonrpc_alias("sum", "Sum")
        .jsonrpc_alias("update", "Update")
        .jsonrpc_alias("get_data", "GetData")
}

impl Calc for Calculator {
    async fn subtract(&self, _: &Context, request: SubtractRequest) -> Result<i32, Status> {
        difference(request)
    }

    async fn diff(&self, _: &Context, request: SubtractRequest) -> Result<DiffResponse, Status> {
        Ok(DiffResponse {
            difference: difference(request)?,
        })
    }

    async fn sum(&self, _: &Context, request: ListValue) -> Result<i32, Status> {
        let number = |value: &Value| match value.kind {
            Some(ValueKind::NumberValue(number)) => Ok(number),
            _ => Err(Status::invalid_argument("only numbers have a sum")),
        };
        let sum: f64 = request.values.iter().map(number).sum::<Result<_, _>>()?;
        Ok(sum as i32)
    }

    async fn update(&self, _: &Context, _: UpdateRequest) -> Result<(), Status> {
        Ok(())
    }

    async fn get_data(&self, _: &Context, (): ()) -> Result<ListValue, Status> {
        let values = [
            ValueKind::StringValue("hello".into()),
            ValueKind::NumberValue(5.0),
        ];
        Ok(ListValue {
            values: values
                .into_iter()
                .map(|kind| Value { kind: Some(kind) })
                .collect(),
        })
    }

    async fn echo(&self, _: &Context, request: EchoMessage) -> Result<EchoMessage, Status> {
        Ok(request)
    }

    async fn wrap(&self, _: &Context, request: WrapMessage) -> Result<WrapMessage, Status> {
        Ok(request)
    }

    async fn fail(&self, _: &Context, request: FailRequest) -> Result<(), Status> {
        Err(Status::new(Code::from_i32(request.code), request.message))
    }

    async fn blob(&self, _: &Context, request: BlobRequest) -> Result<BlobResponse, Status> {
        Ok(BlobResponse {
            data: "x".repeat(request.size as usize),
        })
    }

    async fn panic(&self, _: &Context, (): ()) -> Result<(), Status> {
        panic!("asked to")
    }

    async fn count(&self, _: &Context, request: CountRequest) -> Result<Streaming<CountItem>, Status> {
        Ok(Streaming::iter((0..request.n).map(|i| CountItem { i })))
    }

    async fn collect(&self, _: &Context, mut requests: Streaming<CountItem>) -> Result<u32, Status> {
        let mut sum = 0u32;
        while let Some(item) = requests.message().await? {
            sum = sum.wrapping_add(item.i);
        }
        Ok(sum)
    }

    async fn chat(
        &self,
        _: &Context,
        requests: Streaming<CountItem>,
    ) -> Result<Streaming<CountItem>, Status> {
        Ok(requests)
    }
}

fn difference(request: SubtractRequest) -> Result<i32, Status> {
    request
        .minuend
        .checked_sub(request.subtrahend)
        .ok_or_else(|| Status::out_of_range("the difference is no int32"))
}

//! The methods described by the comments of `calc.proto`.

use rsrpc_runtime::prost_types::{ListValue, Value, value::Kind};
use rsrpc_runtime::{Code, Context, Status, Streaming};

use crate::proto::{
    BlobRequest, BlobResponse, Calc, CountItem, CountRequest, DiffResponse, EchoMessage, FailRequest,
    SubtractRequest, UpdateRequest, WrapMessage,
};

/// Maximum blob size in bytes. Without a limit one call could use all memory.
const MAX_BLOB: u32 = 64 * 1024 * 1024;

/// Calculates, echoes, and fails on request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calculator;

/// `google.protobuf.Int32Value` is an `i32` in Rust, `Empty` is `()`: well-known types that have a native equivalent.
impl Calc for Calculator {
    async fn subtract(&self, _: &Context, request: SubtractRequest) -> Result<i32, Status> {
        difference(&request)
    }

    async fn diff(&self, _: &Context, request: SubtractRequest) -> Result<DiffResponse, Status> {
        Ok(DiffResponse {
            difference: difference(&request)?,
        })
    }

    async fn sum(&self, _: &Context, request: ListValue) -> Result<i32, Status> {
        request.values.iter().try_fold(0_i32, |sum, value| {
            sum.checked_add(integer(value)?).ok_or_else(overflow)
        })
    }

    async fn update(&self, _: &Context, _: UpdateRequest) -> Result<(), Status> {
        Ok(())
    }

    async fn get_data(&self, _: &Context, (): ()) -> Result<ListValue, Status> {
        Ok(ListValue {
            values: vec![Value::from("hello"), Value::from(5.0)],
        })
    }

    async fn echo(&self, _: &Context, request: EchoMessage) -> Result<EchoMessage, Status> {
        Ok(request)
    }

    async fn wrap(&self, _: &Context, request: WrapMessage) -> Result<WrapMessage, Status> {
        Ok(request)
    }

    async fn fail(&self, _: &Context, request: FailRequest) -> Result<(), Status> {
        match Code::from_i32(request.code) {
            Code::Ok => Ok(()),
            code => Err(Status::new(code, request.message)),
        }
    }

    async fn blob(&self, _: &Context, request: BlobRequest) -> Result<BlobResponse, Status> {
        if request.size > MAX_BLOB {
            return Err(Status::resource_exhausted("a blob has at most 64 MiB"));
        }
        Ok(BlobResponse {
            data: "x".repeat(request.size as usize),
        })
    }

    async fn panic(&self, _: &Context, (): ()) -> Result<(), Status> {
        panic!("asked to by the caller")
    }

    async fn count(&self, _: &Context, request: CountRequest) -> Result<Streaming<CountItem>, Status> {
        Ok(Streaming::iter((0..request.n).map(|i| CountItem { i })))
    }

    async fn collect(&self, _: &Context, mut requests: Streaming<CountItem>) -> Result<u32, Status> {
        let mut sum = 0_u32;
        while let Some(item) = requests.message().await? {
            sum = sum.checked_add(item.i).ok_or_else(overflow)?;
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

fn difference(request: &SubtractRequest) -> Result<i32, Status> {
    request
        .minuend
        .checked_sub(request.subtrahend)
        .ok_or_else(overflow)
}

fn overflow() -> Status {
    Status::out_of_range("the result does not fit its type")
}

/// Converts a JSON number, which is a float, to an integer.
fn integer(value: &Value) -> Result<i32, Status> {
    match value.kind {
        Some(Kind::NumberValue(number)) if number.fract() == 0.0 && i32_range().contains(&number) => {
            Ok(number as i32)
        }
        _ => Err(Status::invalid_argument("a summand is a whole number of 32 bits")),
    }
}

fn i32_range() -> std::ops::RangeInclusive<f64> {
    f64::from(i32::MIN)..=f64::from(i32::MAX)
}

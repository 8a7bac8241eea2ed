//! Integers and floating-point numbers.
//!
//! ProtoJSON: "Either numbers or strings are accepted" for both. Integers may have a fraction or an exponent if their
//! value is integral and in range. 64-bit integers, `NaN` and the infinities are written as strings.

use std::fmt::Display;
use std::marker::PhantomData;

use serde_core::de::{Deserialize, Deserializer, Visitor};
use serde_core::{Serializer, de};
use serde_json::value::RawValue;

use super::scalar::scalar;
use super::scope::{Scope, invalid};
use super::value::{Json, Parsed, Shape};

/// The lexical parts of a JSON number.
struct NumberLexeme<'a> {
    negative: bool,
    integer: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> NumberLexeme<'a> {
    /// Parses a number strictly by RFC 8259 section 6.
    fn parse(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, bytes) = match bytes.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, bytes),
        };
        let (integer, bytes) = digits(bytes);
        if integer.is_empty() || (integer.len() > 1 && integer.starts_with(b"0")) {
            return None;
        }
        let (fraction, bytes) = match bytes.split_first() {
            Some((b'.', rest)) => Some(digits(rest)).filter(|(fraction, _)| !fraction.is_empty())?,
            _ => (&[][..], bytes),
        };
        let exponent = match bytes.split_first() {
            None => 0,
            Some((b'e' | b'E', rest)) => exponent(rest)?,
            Some(_) => return None,
        };
        Some(Self {
            negative,
            integer,
            fraction,
            exponent,
        })
    }

    /// Returns the exact absolute value, or a description of the problem.
    fn magnitude(&self) -> Result<u64, &'static str> {
        // Fast path for nearly all numbers. 19 digits cannot overflow.
        if self.exponent == 0 && self.fraction.is_empty() && self.integer.len() <= 19 {
            return Ok(self
                .integer
                .iter()
                .fold(0, |value, digit| value * 10 + u64::from(digit - b'0')));
        }
        // Number of digits before the decimal point after applying the exponent.
        let length = i64::try_from(self.integer.len()).unwrap_or(i64::MAX);
        let point = length.saturating_add(self.exponent);
        let mut value = 0u64;
        let mut position = 0i64;
        for digit in self.integer.iter().chain(self.fraction) {
            let digit = u64::from(digit - b'0');
            if position < point {
                value = append(value, digit)?;
            } else if digit != 0 {
                return Err("is not an integer");
            }
            position += 1;
        }
        // Overflows after at most 20 iterations.
        while value != 0 && position < point {
            value = append(value, 0)?;
            position += 1;
        }
        Ok(value)
    }
}

fn append(value: u64, digit: u64) -> Result<u64, &'static str> {
    value
        .checked_mul(10)
        .and_then(|value| value.checked_add(digit))
        .ok_or("is out of range")
}

fn digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(bytes.len());
    bytes.split_at(end)
}

fn exponent(bytes: &[u8]) -> Option<i64> {
    let (negative, bytes) = match bytes.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, bytes),
    };
    let (digits, rest) = digits(bytes);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let value = digits.iter().fold(0i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    Some(if negative { -value } else { value })
}

/// Parses an integer of up to 64 bits from a number's text.
fn parse_integer<T: TryFrom<i128>, E: de::Error>(text: &str) -> Result<T, E> {
    let lexeme = NumberLexeme::parse(text).ok_or_else(|| invalid(text, "is not a number"))?;
    let magnitude = i128::from(lexeme.magnitude().map_err(|complaint| invalid(text, complaint))?);
    let value = if lexeme.negative { -magnitude } else { magnitude };
    T::try_from(value).map_err(|_| invalid(text, "is out of range"))
}

/// Converts a number to an `i32`.
pub(super) fn int32<E: de::Error>(number: i64) -> Result<i32, E> {
    i32::try_from(number).map_err(|_| out_of_range(number))
}

/// Converts a JSON number with a fraction or exponent to an integer. Exact only up to 2^53.
pub(super) fn integral<E: de::Error>(number: f64) -> Result<i64, E> {
    if number.fract() != 0.0 {
        return Err(E::custom(format_args!("{number} is not an integer")));
    }
    // Saturates. The saturated value is out of range for the 32-bit types that use this function.
    Ok(number as i64)
}

#[cold]
fn out_of_range<E: de::Error>(number: impl Display) -> E {
    E::custom(format_args!("{number} is out of range"))
}

/// Reads integers of at most 32 bits. An `f64` holds them exactly, so serde_json's numbers suffice.
struct Int32Visitor<T>(PhantomData<T>);

impl<T: TryFrom<i64> + TryFrom<i128>> Visitor<'_> for Int32Visitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an integer")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        T::try_from(number).map(Some).map_err(|_| out_of_range(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        i64::try_from(number)
            .map_err(|_| out_of_range(number))
            .and_then(|number| self.visit_i64(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        self.visit_i64(integral(number)?)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        parse_integer(text).map(Some)
    }
}

/// Reads a 64-bit integer from its raw text, because serde_json would convert `1e18` or `9007199254740993.0` to `f64`.
fn read_int64<'de, T, D>(input: D) -> Result<Option<T>, D::Error>
where
    T: TryFrom<i128>,
    D: Deserializer<'de>,
{
    let text = <&RawValue>::deserialize(input)?.get();
    match text.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'-' | b'0'..=b'9') => parse_integer(text).map(Some),
        Some(b'"') => match text.get(1..text.len() - 1) {
            Some(content) if !content.contains('\\') => parse_integer(content),
            _ => parse_integer(&serde_json::from_str::<String>(text).map_err(de::Error::custom)?),
        }
        .map(Some),
        _ => Err(invalid(text, "is not an integer")),
    }
}

/// Writes a 64-bit integer as a string without allocating.
fn write_quoted<S: Serializer>(negative: bool, mut magnitude: u64, output: S) -> Result<S::Ok, S::Error> {
    let mut buffer = [b'0'; 20];
    let mut start = buffer.len();
    loop {
        start -= 1;
        buffer[start] = b'0' + (magnitude % 10) as u8;
        magnitude /= 10;
        if magnitude == 0 {
            break;
        }
    }
    if negative {
        start -= 1;
        buffer[start] = b'-';
    }
    output.serialize_str(std::str::from_utf8(&buffer[start..]).expect("digits are ASCII"))
}

macro_rules! small {
    ($type:ty, $serialize:ident) => {
        impl Json for $type {
            const SHAPE: Shape = Shape::Single;

            fn read<'de, D: Deserializer<'de>>(
                &mut self,
                _: Scope<'_>,
                input: D,
            ) -> Result<Parsed, D::Error> {
                Ok(Parsed::put(self, scalar(input, Int32Visitor(PhantomData))?))
            }

            fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
                output.$serialize(*self)
            }

            fn is_default(&self) -> bool {
                *self == 0
            }
        }
    };
}

small!(i32, serialize_i32);
small!(u32, serialize_u32);

macro_rules! wide {
    ($type:ty, |$value:ident| $negative:expr, $magnitude:expr) => {
        impl Json for $type {
            const SHAPE: Shape = Shape::Single;

            fn read<'de, D: Deserializer<'de>>(
                &mut self,
                _: Scope<'_>,
                input: D,
            ) -> Result<Parsed, D::Error> {
                Ok(Parsed::put(self, read_int64(input)?))
            }

            fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
                let $value = *self;
                write_quoted($negative, $magnitude, output)
            }

            fn is_default(&self) -> bool {
                *self == 0
            }
        }
    };
}

wide!(i64, |value| value < 0, value.unsigned_abs());
wide!(u64, |value| false, value);

struct FloatVisitor;

impl Visitor<'_> for FloatVisitor {
    type Value = Option<f64>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number as f64))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number as f64))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let value = match text {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => NumberLexeme::parse(text)
                .and_then(|_| text.parse().ok())
                .filter(|value: &f64| value.is_finite())
                .ok_or_else(|| invalid(text, "is not a number or is out of range"))?,
        };
        Ok(Some(value))
    }
}

impl Json for f64 {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(self, scalar(input, FloatVisitor)?))
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write_float(*self, output, |output| output.serialize_f64(*self))
    }

    // Compared by bits, because -0.0 is not the default.
    fn is_default(&self) -> bool {
        self.to_bits() == 0
    }
}

impl Json for f32 {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        let Some(wide) = scalar(input, FloatVisitor)? else {
            return Ok(Parsed::Null);
        };
        let narrow = wide as f32;
        if narrow.is_infinite() && wide.is_finite() {
            return Err(out_of_range(wide));
        }
        *self = narrow;
        Ok(Parsed::Value)
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write_float(f64::from(*self), output, |output| output.serialize_f32(*self))
    }

    fn is_default(&self) -> bool {
        self.to_bits() == 0
    }
}

/// Writes NaN and infinities as strings, and integral values without `.0`.
pub(super) fn write_float<S: Serializer>(
    value: f64,
    output: S,
    fractional: impl FnOnce(S) -> Result<S::Ok, S::Error>,
) -> Result<S::Ok, S::Error> {
    /// Integral values below this bound are written exactly as integers.
    const MAX_SHORT_INTEGRAL: f64 = 1e15;
    if value.is_nan() {
        output.serialize_str("NaN")
    } else if value.is_infinite() {
        output.serialize_str(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else if value.fract() == 0.0
        && value.abs() < MAX_SHORT_INTEGRAL
        && (value != 0.0 || value.is_sign_positive())
    {
        output.serialize_i64(value as i64)
    } else {
        fractional(output)
    }
}

/// Parses an integer map key.
pub(super) fn parse_key<T: TryFrom<i128>>(key: &str) -> Option<T> {
    parse_integer::<T, serde_core::de::value::Error>(key).ok()
}

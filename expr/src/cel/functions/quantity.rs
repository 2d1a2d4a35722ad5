//! Quantities: `100m`, `1.5Gi`, `1e3`.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::{mismatch, text};
use crate::cel::meter::Meter;
use crate::cel::opaque::{Kind, Opaque};
use crate::cel::signature::{Declaration, function, member};
use crate::cel::value::Value;

pub(crate) const TABLE: &[Declaration] = &[
    function("quantity", "(string) kubernetes.Quantity", quantity),
    function("isQuantity", "(string) bool", is_quantity),
    function("sign", "(kubernetes.Quantity) int", sign),
    member("isGreaterThan", "(kubernetes.Quantity, kubernetes.Quantity) bool", |_, given| {
        Ok(Value::Bool(order(given)?.is_gt()))
    }),
    member("isLessThan", "(kubernetes.Quantity, kubernetes.Quantity) bool", |_, given| {
        Ok(Value::Bool(order(given)?.is_lt()))
    }),
    member("compareTo", "(kubernetes.Quantity, kubernetes.Quantity) int", |_, given| {
        Ok(Value::Int(order(given)? as i64))
    }),
    member("asApproximateFloat", "(kubernetes.Quantity) double", |_, given| {
        Ok(Value::Double(of(given, 0)?.to_float()))
    }),
    member("asInteger", "(kubernetes.Quantity) int", as_integer),
    member("isInteger", "(kubernetes.Quantity) bool", |_, given| {
        Ok(Value::Bool(of(given, 0)?.to_int().is_some()))
    }),
    member("add", "(kubernetes.Quantity, kubernetes.Quantity) kubernetes.Quantity", add),
    member("add", "(kubernetes.Quantity, int) kubernetes.Quantity", add),
    member("sub", "(kubernetes.Quantity, kubernetes.Quantity) kubernetes.Quantity", sub),
    member("sub", "(kubernetes.Quantity, int) kubernetes.Quantity", sub),
];

/// `unscaled` × 10^`scale`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantity {
    unscaled: i128,
    scale: i32,
    /// Kubernetes keeps it as a decimal, which it never takes for an integer.
    decimal: bool,
}

impl Quantity {
    fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end =
            unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 || fraction.contains('.') {
            return None;
        }
        let unit = Unit::parse(suffix)?;
        let whole = whole.trim_start_matches('0');
        let size = whole.len().max(1) + fraction.len();
        // Far beyond every cap; what is cut off here could not be told from it.
        let digits: String = whole.chars().chain(fraction.chars()).take(30).collect();
        let unscaled: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let lost = whole.len() + fraction.len() - digits.len();
        let unscaled = if negative { -unscaled } else { unscaled };
        let scale = lost as i32 - i32::try_from(fraction.len()).ok()?;
        Some(match unit {
            Unit::Decimal(exponent) if size <= 18 && scale + exponent >= -9 => {
                Self { unscaled, scale: scale + exponent, decimal: false }
            }
            Unit::Decimal(exponent) => Self::decimal(unscaled, scale + exponent),
            Unit::Binary(exponent)
                if fraction.is_empty() && 14 - size as i32 - (exponent * 3 / 10) as i32 >= 0 =>
            {
                Self { unscaled: unscaled << exponent, scale: 0, decimal: false }
            }
            Unit::Binary(exponent) => {
                let scaled = Self::decimal(unscaled.saturating_mul(1 << exponent), scale);
                let most = Self { unscaled: i64::MAX.into(), scale: 0, decimal: true };
                let sign = unscaled.signum();
                let beyond = scaled.nanos().saturating_abs() > most.nanos();
                if beyond { Self { unscaled: most.unscaled * sign, ..most } } else { scaled }
            }
        })
    }

    /// A decimal, never finer than a nano: what is less is rounded away from zero.
    fn decimal(mut unscaled: i128, mut scale: i32) -> Self {
        if scale < -9 {
            let step = power(-9 - scale);
            let up = i128::from(unscaled % step != 0) * unscaled.signum();
            unscaled = unscaled / step + up;
            scale = -9;
        }
        Self { unscaled, scale, decimal: true }
    }

    fn nanos(self) -> i128 {
        self.unscaled.saturating_mul(power(self.scale + 9))
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.nanos().cmp(&other.nanos())
    }

    fn to_float(self) -> f64 {
        match self.scale {
            0 => self.unscaled as f64,
            scale => self.unscaled as f64 * format!("1e{scale}").parse().unwrap_or(1.0),
        }
    }

    fn to_int(self) -> Option<i64> {
        if self.decimal || self.scale < 0 {
            return None;
        }
        i64::try_from(self.unscaled.checked_mul(power(self.scale))?).ok()
    }

    fn plus(self, other: Self) -> Self {
        if !self.decimal && !other.decimal && other.unscaled == 0 {
            return self;
        }
        if !self.decimal && !other.decimal && self.unscaled == 0 {
            return other;
        }
        let scale = self.scale.min(other.scale);
        let a = self.unscaled.saturating_mul(power(self.scale - scale));
        let b = other.unscaled.saturating_mul(power(other.scale - scale));
        let unscaled = a.saturating_add(b);
        let fits = i64::try_from(unscaled).is_ok();
        Self { unscaled, scale, decimal: self.decimal || other.decimal || !fits }
    }
}

enum Unit {
    Binary(u32),
    /// A power of ten.
    Decimal(i32),
}

impl Unit {
    fn parse(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "" => Self::Decimal(0),
            "n" => Self::Decimal(-9),
            "u" => Self::Decimal(-6),
            "m" => Self::Decimal(-3),
            "k" => Self::Decimal(3),
            "M" => Self::Decimal(6),
            "G" => Self::Decimal(9),
            "T" => Self::Decimal(12),
            "P" => Self::Decimal(15),
            "E" => Self::Decimal(18),
            "Ki" => Self::Binary(10),
            "Mi" => Self::Binary(20),
            "Gi" => Self::Binary(30),
            "Ti" => Self::Binary(40),
            "Pi" => Self::Binary(50),
            "Ei" => Self::Binary(60),
            exponent => {
                let digits = exponent.strip_prefix(['e', 'E'])?;
                let exponent: i32 = digits.parse().ok()?;
                // Beyond this nothing but zero or the cap is left.
                Self::Decimal(exponent.clamp(-60, 60))
            }
        })
    }
}

/// 10^`exponent`, as far as it goes.
fn power(exponent: i32) -> i128 {
    10_i128.saturating_pow(exponent.max(0).unsigned_abs())
}

fn value<'a>(quantity: Quantity) -> Value<'a> {
    Value::Opaque(Arc::new(Opaque(Kind::Quantity(quantity))))
}

fn quantity<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let why = "quantities must match the regular expression \
               '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    Quantity::parse(text(arguments, 0)?).map(value).ok_or_else(|| Fault::new(why))
}

fn is_quantity<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(Quantity::parse(text(arguments, 0)?).is_some()))
}

fn of(arguments: &[Value<'_>], index: usize) -> Result<Quantity, Fault> {
    match arguments.get(index) {
        Some(Value::Opaque(opaque)) => match &opaque.0 {
            Kind::Quantity(quantity) => Ok(*quantity),
            _ => Err(mismatch()),
        },
        Some(Value::Int(whole)) => {
            Ok(Quantity { unscaled: i128::from(*whole), scale: 0, decimal: false })
        }
        _ => Err(mismatch()),
    }
}

fn order(arguments: &[Value<'_>]) -> Result<Ordering, Fault> {
    Ok(of(arguments, 0)?.compare(&of(arguments, 1)?))
}

fn sign<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(of(arguments, 0)?.unscaled.signum() as i64))
}

fn as_integer<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let whole = of(arguments, 0)?.to_int();
    whole.map(Value::Int).ok_or_else(|| Fault::new("cannot convert value to integer"))
}

fn add<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(value(of(arguments, 0)?.plus(of(arguments, 1)?)))
}

fn sub<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let other = of(arguments, 1)?;
    let negated = Quantity { unscaled: -other.unscaled, ..other };
    Ok(value(of(arguments, 0)?.plus(negated)))
}

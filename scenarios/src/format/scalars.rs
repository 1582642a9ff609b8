//! The scalars of a scenario file: each knows what is allowed and says so.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The longest span that a file may name: ten years.
const LONGEST: Duration = Duration::from_secs(3650 * 86_400);

/// Reads text and checks it inside the visitor, so that an error has the place of the value itself.
pub(super) fn checked<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expecting: &'static str,
    check: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    struct V<F>(&'static str, F);
    impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for V<F> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
            (self.1)(value).map_err(E::custom)
        }
    }
    deserializer.deserialize_str(V(expecting, check))
}

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const MIN: u64, const MAX: u64>(pub u64);

/// A seed: any 64 bits.
pub type Seed = Whole<0, { u64::MAX }>;

/// How many objects of a kind: 0 to 2,000,000.
pub type Count = Whole<0, 2_000_000>;

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// As 32 bits.
    pub fn get(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }

    fn check<E: de::Error>(value: Option<u64>, shown: &dyn fmt::Display) -> Result<Self, E> {
        match value {
            Some(value) if (MIN..=MAX).contains(&value) => Ok(Whole(value)),
            _ if MIN == MAX => Err(E::custom(format!("{shown} is not allowed here: write {MIN}"))),
            _ => Err(E::custom(format!(
                "{shown} is not allowed here: write a whole number from {MIN} to {MAX}"
            ))),
        }
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V<const MIN: u64, const MAX: u64>;
        impl<const MIN: u64, const MAX: u64> Visitor<'_> for V<MIN, MAX> {
            type Value = Whole<MIN, MAX>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                Whole::check(Some(value), &value)
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                Whole::check(u64::try_from(value).ok(), &value)
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
                Whole::check(None, &value)
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
                Whole::check(None, &format_args!("'{value}'"))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<const MIN: u64, const MAX: u64> JsonSchema for Whole<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Whole{MIN}To{MAX}").into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(pub f64);

impl Share {
    fn check<E: de::Error>(value: f64, shown: &dyn fmt::Display) -> Result<Share, E> {
        // also false for a NaN
        if (0.0..=1.0).contains(&value) {
            return Ok(Share(value));
        }
        Err(E::custom(format!("{shown} is not allowed here: write a number from 0 to 1")))
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Share, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Share;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 to 1")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Share, E> {
                Share::check(value, &value)
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Share, E> {
                Share::check(if value <= 1 { value as f64 } else { 2.0 }, &value)
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Share, E> {
                Share::check(if (0..=1).contains(&value) { value as f64 } else { -1.0 }, &value)
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Share, E> {
                Share::check(f64::NAN, &format_args!("'{value}'"))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

/// A span of time with its units: `500ms`, `3s`, `30m`, `1h`, `2d`, `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// Reads a span of time: whole numbers, each with its unit (ms, s, m, h, d); at most ten years.
///
/// # Errors
/// What is wrong and what is allowed.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!("'{text}' is not a span of time: write numbers with units, such as 500ms, 3s, 30m, 1h, 2d")
    };
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let millis = match &rest[digits..digits + unit] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        total = total.saturating_add(Duration::from_millis(number.saturating_mul(millis)));
        rest = &rest[digits + unit..];
    }
    if total > LONGEST { Err(format!("'{text}' is too long: at most 3650d")) } else { Ok(total) }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        checked(deserializer, "a span of time as a string, such as 3s", |text| parse_span(text).map(Span))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9]+(ms|s|m|h|d))+$",
            "description": "A span of time with units: 500ms, 3s, 30m, 1h, 2d."
        })
    }
}

/// Makes a text type whose values must pass a check.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $allowed:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl $name {
            /// From text.
            ///
            /// # Errors
            /// What is wrong and what is allowed.
            pub fn parse(text: &str) -> Result<$name, String> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    return Ok($name(text.to_owned()));
                }
                Err(format!(concat!("'{}' is not allowed here: write ", $allowed), text))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                checked(deserializer, $allowed, $name::parse)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": concat!("Allowed: ", $allowed, ".") })
            }
        }
    };
}

checked_text!(
    /// The name of a scenario, snapshot or checkpoint.
    Name,
    "^[a-z0-9-]{1,64}$",
    "1 to 64 of a-z, 0-9 and -",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

checked_text!(
    /// A DNS domain of at least two labels.
    DnsName,
    "^[A-Za-z0-9-]{1,63}([.][A-Za-z0-9-]{1,63})+$",
    "a DNS domain with at least two labels, such as contoso.com",
    |text| text.len() <= 255
        && text.contains('.')
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
);

checked_text!(
    /// A country by its two letters.
    Country,
    "^[A-Z]{2}$",
    "a country by its two capital letters (ISO 3166), such as NL or NO",
    |text| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
);

checked_text!(
    /// The NetBIOS name of a domain.
    NetbiosName,
    "^[A-Za-z0-9-]{1,15}$",
    "1 to 15 letters, digits or -",
    |text| (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
);

checked_text!(
    /// A row of the mission's table that a scenario covers.
    MissionRow,
    "^M(0[1-9]|1[0-9]|2[0-2])$",
    "M01 to M22",
    |text| text.len() == 3
        && text.starts_with('M')
        && text[1..].parse::<u8>().is_ok_and(|row| (1..=22).contains(&row))
);

checked_text!(
    /// An instant of virtual time.
    Instant,
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*$",
    "an instant such as 2026-01-05T08:00:00Z",
    |text| forestbed_sim::clock::SimTime::parse_rfc3339(text).is_some()
);

checked_text!(
    /// Which operations of the provisioning service a fault hits, with * for any run of characters.
    OperationGlob,
    "^[A-Za-z0-9*]{1,128}$",
    "the name of an operation, such as \"ProvisionAzureADSyncObjects*\" (in quotes when it begins with *)",
    |text| (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*')
);

checked_text!(
    /// Which requests a fault hits: method and path, each with * for any run of characters.
    RequestGlob,
    "^[A-Z*]+ [/*].*$",
    "a method and a path, such as \"POST /v1.0/users/*\" (in quotes when it begins with *)",
    |text| text.split_once(' ').is_some_and(|(method, path)| {
        !method.is_empty()
            && method.bytes().all(|b| b.is_ascii_uppercase() || b == b'*')
            && path.starts_with(['/', '*'])
            && text.len() <= 1024
    })
);

impl Instant {
    /// As virtual time.
    pub fn time(&self) -> forestbed_sim::clock::SimTime {
        forestbed_sim::clock::SimTime::parse_rfc3339(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_needs_a_unit_and_ends_at_ten_years() {
        for (text, expected) in [
            ("3s", Some(3000)),
            ("500ms", Some(500)),
            ("30m", Some(1_800_000)),
            ("1h30m", Some(5_400_000)),
            ("2d", Some(172_800_000)),
            ("3", None),
            ("", None),
            ("s", None),
            ("3 s", None),
            ("-3s", None),
            ("1.5h", None),
            ("3651d", None),
            ("99999999999999999999s", None),
            ("18446744073709551615d", None),
            ("3sé", None),
        ] {
            assert_eq!(parse_span(text).ok().map(|span| span.as_millis()), expected, "{text:?}");
        }
    }
}

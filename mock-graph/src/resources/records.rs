//! Resources that are made as JSON: log entries, subscriptions, jobs and their like, written by their type's
//! table, filtered, selected, counted and cut into pages.

use super::call::{ApiCall, ApiReply, ApiVersion};
use super::error::ApiError;
use super::json::Object;
use super::objects::{context_base, page};
use super::projection::write_json;
use crate::odata::{Options, Position, PropertyInfo, TokenError, Type, described, record_filter};
use forestbed_sim::world::World;
use serde_json::{Map, Value};

/// Longest JSON of one value that is kept, in bytes.
const VALUE_MAX: usize = 64 * 1024;

/// A collection of records.
pub(crate) struct Listing {
    /// The type, as graph-properties.tsv names it.
    pub(crate) ty: &'static str,
    /// What the context names: `auditLogs/directoryAudits`.
    pub(crate) set: String,
    /// Records of a page when `$top` does not say.
    pub(crate) default_top: usize,
    /// The most that `$top` may ask.
    pub(crate) max_top: usize,
    /// The one property that `$orderby` may name: the one by which the records come.
    pub(crate) order: Option<&'static str>,
}

impl Listing {
    /// A small collection in the order in which it was made.
    pub(crate) fn of(ty: &'static str, set: impl Into<String>) -> Listing {
        Listing { ty, set: set.into(), default_top: 100, max_top: 999, order: None }
    }

    /// Whether the records are to come in falling order (the newest first): the default of logs.
    pub(crate) fn descending(&self, options: &Options) -> Result<bool, ApiError> {
        let Some(text) = &options.orderby else { return Ok(self.order.is_some()) };
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or("");
        if !self.order.is_some_and(|own| own.eq_ignore_ascii_case(name)) {
            return Err(ApiError::of("orderby-unsupported", &[]).with_unknown(format!("$orderby {text}")));
        }
        match words.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => Ok(false),
            Some("desc") => Ok(true),
            Some(_) => Err(ApiError::of("orderby-unsupported", &[])),
        }
    }

    /// The options of a call.
    pub(crate) fn options(&self, call: &ApiCall<'_>) -> Result<Options, ApiError> {
        Ok(Options::parse(call.query, call.version == ApiVersion::Beta, self.max_top)?)
    }

    /// A page of records. Each comes with its place; places rise, or fall where [`Listing::descending`] says so.
    pub(crate) fn page(
        &self,
        world: &World,
        call: &ApiCall<'_>,
        options: &Options,
        records: impl Iterator<Item = (u64, Value)>,
    ) -> Result<ApiReply, ApiError> {
        let descending = self.descending(options)?;
        let filter = options.filter.as_deref().map(|text| record_filter(self.ty, text)).transpose()?;
        let columns = columns(self.ty, options)?;
        let tokens = super::collection::tokens(world, call, options);
        let after = match &options.skiptoken {
            None => None,
            Some(token) => match tokens.read(token) {
                Ok(Position::At(place)) => Some(place),
                Ok(_) | Err(TokenError::Invalid) => return Err(ApiError::of("skiptoken-invalid", &[])),
                Err(TokenError::Expired) => return Err(ApiError::of("skiptoken-expired", &[])),
            },
        };
        let passed =
            |place: u64| after.is_some_and(|after| if descending { place >= after } else { place <= after });
        let size = options.top.unwrap_or(self.default_top).max(1);
        let (mut found, mut total, mut more) = (Vec::new(), 0, false);
        for (place, record) in records {
            if !filter.as_ref().is_none_or(|filter| filter.holds(&record)) {
                continue;
            }
            total += 1;
            if passed(place) {
                continue;
            }
            if found.len() < size {
                found.push((place, record));
                continue;
            }
            more = true;
            if !options.count || after.is_some() {
                break;
            }
        }
        let last = found.last().filter(|_| more).map(|(place, _)| Position::At(*place));
        let next = last.map(|position| {
            let query = options.next_query(&tokens.write(&position));
            format!("{}/{}{}?{query}", call.base, call.version.as_str(), call.path)
        });
        let context = format!("{}{}{}", context_base(call), self.set, listed(&columns, options));
        let count = (options.count && after.is_none()).then_some(total);
        Ok(page(&context, count, next.as_deref(), &found, |out, (_, record)| {
            let mut json = Object::new(out);
            write(&mut json, self.ty, &columns, record);
            json.end();
        }))
    }

    /// One record of the collection.
    pub(crate) fn one(&self, call: &ApiCall<'_>, status: u16, record: &Value) -> Result<ApiReply, ApiError> {
        let options = self.options(call)?;
        let columns = columns(self.ty, &options)?;
        let context = format!("{}{}{}/$entity", context_base(call), self.set, listed(&columns, &options));
        Ok(answer(status, &context, self.ty, &columns, record))
    }
}

/// The properties of a body, under the names of the type's table; what the table does not have is refused, and a
/// value of another type. `@odata` annotations are left out.
pub(crate) fn checked_values(
    ty: &'static str,
    body: Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let mut values = Map::new();
    for (name, value) in body.into_iter().filter(|(name, _)| !name.contains("@odata.")) {
        let known = described(ty).iter().find(|info| info.name.eq_ignore_ascii_case(&name));
        let Some(info) = known else {
            let error = ApiError::of("body-values", &[]);
            return Err(error.with_unknown(format!("property {name} of {ty}")));
        };
        let fits = match (&value, info.collection) {
            (Value::Null, _) => true,
            (Value::Array(elements), true) => elements.iter().all(|element| fits(info.ty, element)),
            (_, true) => false,
            (value, false) => fits(info.ty, value),
        };
        if !fits || value.to_string().len() > VALUE_MAX {
            return Err(ApiError::of("body-values", &[]).with_unknown(format!("value of {name}")));
        }
        values.insert(info.name.to_owned(), value);
    }
    Ok(values)
}

fn fits(ty: Type, value: &Value) -> bool {
    match ty {
        Type::Boolean => value.is_boolean(),
        Type::Int32 => value.is_i64(),
        Type::Complex(_) => value.is_object(),
        _ => value.is_string(),
    }
}

fn answer(
    status: u16,
    context: &str,
    ty: &str,
    columns: &[&'static PropertyInfo],
    record: &Value,
) -> ApiReply {
    let mut body = Vec::new();
    let mut json = Object::new(&mut body);
    json.text("@odata.context", context);
    write(&mut json, ty, columns, record);
    json.end();
    ApiReply::json(status, body, 1)
}

fn listed(columns: &[&'static PropertyInfo], options: &Options) -> String {
    if options.select.is_none() {
        return String::new();
    }
    let names: Vec<&str> = columns.iter().map(|info| info.name).collect();
    format!("({})", names.join(","))
}

fn columns(ty: &'static str, options: &Options) -> Result<Vec<&'static PropertyInfo>, ApiError> {
    let all = described(ty);
    let Some(select) = options.select.as_ref().filter(|names| !names.iter().any(|name| name == "*")) else {
        return Ok(all.iter().filter(|info| info.default).collect());
    };
    let mut columns: Vec<&'static PropertyInfo> = Vec::new();
    for name in select {
        let head = name.split('/').next().unwrap_or(name);
        let Some(info) = all.iter().find(|info| info.name.eq_ignore_ascii_case(head)) else {
            let ty = format!("microsoft.graph.{ty}");
            let error = ApiError::of("select-unknown-property", &[("property", head), ("type", &ty)]);
            return Err(error.with_unknown(format!("$select of {head}")));
        };
        if columns.iter().all(|known| known.name != info.name) {
            columns.push(info);
        }
    }
    Ok(columns)
}

/// The annotations of a record, then its properties in the order of the table; those that it does not have are
/// null, or empty when they are collections. Navigation
/// properties that come along are last.
fn write(json: &mut Object<'_>, ty: &str, columns: &[&'static PropertyInfo], record: &Value) {
    let Some(members) = record.as_object() else { return };
    for (name, value) in members.iter().filter(|(name, _)| name.starts_with('@')) {
        json.key(name).extend_from_slice(value.to_string().as_bytes());
    }
    for info in columns {
        let out = json.key(info.name);
        match members.get(info.name).unwrap_or(&Value::Null) {
            Value::Null if info.collection => out.extend_from_slice(b"[]"),
            value => write_json(out, info.ty, value),
        }
    }
    let known = |name: &str| described(ty).iter().any(|info| info.name == name);
    // a navigation property that comes along
    for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('@') && !known(name)) {
        json.key(name).extend_from_slice(value.to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_come_newest_first_unless_the_order_says_otherwise() {
        let log = Listing { order: Some("activityDateTime"), ..Listing::of("directoryAudit", "x") };
        let plain = Listing::of("subscription", "x");
        for (listing, query, expected) in [
            (&log, "", Some(true)),
            (&log, "$orderby=activityDateTime", Some(false)),
            (&log, "$orderby=ActivityDateTime%20desc", Some(true)),
            (&log, "$orderby=result", None),
            (&log, "$orderby=activityDateTime up", None),
            (&plain, "", Some(false)),
            (&plain, "$orderby=id", None),
        ] {
            let options = Options::parse(query, false, 999).unwrap();
            assert_eq!(listing.descending(&options).ok(), expected, "{query}");
        }
    }
}

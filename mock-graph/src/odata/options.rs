//! The query options of a request: `$select`, `$filter`, `$top`... and the query that a nextLink repeats.

use super::error::QueryError;
use percent_encoding::percent_decode_str;

/// The options of one request, decoded and split; what they mean for a type is checked later.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// `$select`, split at commas.
    pub(crate) select: Option<Vec<String>>,
    /// `$expand`.
    pub(crate) expand: Vec<Expand>,
    /// `$filter`.
    pub(crate) filter: Option<String>,
    /// `$search`.
    pub(crate) search: Option<String>,
    /// `$orderby`.
    pub(crate) orderby: Option<String>,
    /// `$top`.
    pub(crate) top: Option<usize>,
    /// `$count=true`.
    pub(crate) count: bool,
    /// `$skiptoken`.
    pub(crate) skiptoken: Option<String>,
    /// The options as they came, `$skiptoken` left out, for the next link.
    repeated: Vec<String>,
}

/// One relation of `$expand`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expand {
    /// The navigation property.
    pub(crate) name: String,
    /// The `$select` in its parentheses.
    pub(crate) select: Option<Vec<String>>,
    /// The `$levels` in them: how many steps are followed, `max` being all.
    pub(crate) levels: usize,
}

impl Options {
    /// Reads a query string. The dollar sign may be left out where `dollar_optional` says so (beta).
    pub(crate) fn parse(query: &str, dollar_optional: bool, max_top: usize) -> Result<Options, QueryError> {
        let mut options = Options::default();
        let mut seen: Vec<String> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (raw_name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(raw_name);
            let mut key = name.to_ascii_lowercase();
            if dollar_optional && is_option(&format!("${key}")) {
                key.insert(0, '$');
            }
            if is_option(&key) {
                if seen.contains(&key) {
                    return Err(QueryError::new("option-twice").arg("option", key));
                }
                options.set(&key, decode(raw_value), max_top)?;
                seen.push(key.clone());
            }
            if key != "$skiptoken" {
                let shown = if name.starts_with('$') { name.as_str() } else { raw_name };
                options.repeated.push(format!("{shown}={raw_value}"));
            }
        }
        Ok(options)
    }

    fn set(&mut self, key: &str, value: String, max_top: usize) -> Result<(), QueryError> {
        match key {
            "$select" => self.select = Some(names(&value)),
            "$expand" => self.expand = expansions(&value)?,
            "$filter" => self.filter = Some(value),
            "$search" => self.search = Some(value),
            "$orderby" => self.orderby = Some(value),
            "$top" => self.top = Some(top(&value, max_top)?),
            "$count" if value.eq_ignore_ascii_case("true") => self.count = true,
            "$count" if value.eq_ignore_ascii_case("false") => {}
            "$count" => return Err(QueryError::new("count-invalid").arg("count", value)),
            "$skip" => return Err(QueryError::new("skip-unsupported").unknown("$skip")),
            "$skiptoken" => self.skiptoken = Some(value),
            _ => {}
        }
        Ok(())
    }

    /// The query of the next page: what came, with a new token. The name stands there literally, as some
    /// clients read it by a regular expression (clients.md, "Requests").
    pub(crate) fn next_query(&self, token: &str) -> String {
        let mut parts = self.repeated.clone();
        parts.push(format!("$skiptoken={token}"));
        parts.join("&")
    }

    /// What a page token is bound to, beside the path.
    pub(crate) fn fingerprint(&self) -> String {
        format!("{:?}\n{:?}\n{:?}", self.filter, self.search, self.orderby)
    }
}

/// Decodes a part of a query: percent sequences, and plus signs as spaces.
pub(crate) fn decode(raw: &str) -> String {
    percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn is_option(key: &str) -> bool {
    matches!(
        key,
        "$select"
            | "$expand"
            | "$filter"
            | "$search"
            | "$orderby"
            | "$top"
            | "$count"
            | "$skip"
            | "$skiptoken"
    )
}

fn top(value: &str, max: usize) -> Result<usize, QueryError> {
    let number: i64 = value.trim().parse().map_err(|_| QueryError::new("top-invalid").arg("top", value))?;
    match usize::try_from(number) {
        Ok(top) if (1..=max).contains(&top) => Ok(top),
        _ => Err(QueryError::new("page-size").arg("top", number).arg("max", max)),
    }
}

fn names(value: &str) -> Vec<String> {
    let trimmed = value.split(',').map(str::trim);
    trimmed.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Splits at commas outside parentheses: `members($select=id,mail),owners`.
fn expansions(value: &str) -> Result<Vec<Expand>, QueryError> {
    let (mut depth, mut start, mut out) = (0usize, 0, Vec::new());
    for (at, c) in value.char_indices().chain([(value.len(), ',')]) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 || at == value.len() => {
                out.extend(expansion(value[start..at].trim())?);
                start = at + 1;
            }
            _ => {}
        }
    }
    Ok(out)
}

fn expansion(text: &str) -> Result<Option<Expand>, QueryError> {
    let (name, inner) = match text.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')').unwrap_or(rest)),
        None => (text, ""),
    };
    let option = |wanted: &str| {
        inner.split(';').find_map(|option| {
            let (key, value) = option.split_once('=')?;
            key.trim().trim_start_matches('$').eq_ignore_ascii_case(wanted).then_some(value.trim())
        })
    };
    let levels = match option("levels") {
        None => 1,
        Some(word) if word.eq_ignore_ascii_case("max") => usize::MAX,
        Some(number) => match number.parse() {
            Ok(levels) if levels >= 1 => levels,
            _ => return Err(QueryError::new("expand-levels").arg("levels", number)),
        },
    };
    let name = name.trim().to_owned();
    Ok((!name.is_empty()).then(|| Expand { name, select: option("select").map(names), levels }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Options {
        Options::parse(query, false, 999).unwrap()
    }

    #[test]
    fn options_are_decoded_and_split() {
        let options = read("$select=id,%20displayName&%24top=5&$COUNT=True&$filter=a+eq%20'x'&foo=1");
        assert_eq!(options.select.as_deref(), Some(&["id".to_owned(), "displayName".to_owned()][..]));
        assert_eq!((options.top, options.count), (Some(5), true));
        assert_eq!(options.filter.as_deref(), Some("a eq 'x'"));
        let expand = read("$expand=members($select=id,mail;$levels=1),owners").expand;
        assert_eq!(expand.len(), 2);
        assert_eq!(expand[0].select.as_ref().unwrap().len(), 2);
        assert_eq!(read(""), Options::default());
    }

    #[test]
    fn the_next_query_repeats_the_options_with_a_literal_skiptoken() {
        // microsoft-graph.md A4 and clients.md "Requests"
        let options = read("$select=id,onPremisesImmutableId&%24top=2&$skiptoken=old&$count=true&x=%20");
        assert_eq!(
            options.next_query("RFNw"),
            "$select=id,onPremisesImmutableId&$top=2&$count=true&x=%20&$skiptoken=RFNw"
        );
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let key = |query| Options::parse(query, false, 999).map_err(|error| error.key).err();
        for (query, expected) in [
            // microsoft-graph.md section 3: $top 1..999, $skip unsupported, unknown options ignored
            ("$top=1000", Some("page-size")),
            ("$top=0", Some("page-size")),
            ("$top=-1", Some("page-size")),
            ("$top=x", Some("top-invalid")),
            ("$top=999", None),
            ("$skip=5", Some("skip-unsupported")),
            ("$count=maybe", Some("count-invalid")),
            ("$expand=manager($levels=0)", Some("expand-levels")),
            ("$expand=manager($levels=max;$select=id)", None),
            ("$top=1&$top=2", Some("option-twice")),
            ("$unknown=1&foo", None),
            ("top=1000", None),
        ] {
            assert_eq!(key(query), expected, "{query}");
        }
        // "`$` prefix optional on beta"
        assert_eq!(Options::parse("top=7", true, 999).unwrap().top, Some(7));
    }
}

//! One line a behaviour. Sources: directory-sync.md section 1.4 and 1.6 for worked values; otherwise the
//! meaning that Visual Basic gives its functions.

use super::*;
use crate::value::{Attributes, CsKey, Flowed, Names};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The object that the expressions read.
fn object(names: &mut Names) -> Attributes {
    let mut attributes = Attributes::default();
    let mut put = |name: &str, values: Vec<Value>| {
        attributes.set(names.intern(name).expect("few names"), values);
    };
    let texts = |values: &[&str]| values.iter().map(|value| Value::text(value)).collect::<Vec<_>>();
    put("cn", texts(&["Zoe"]));
    put("blank", texts(&["  "]));
    put("empty", texts(&[""]));
    put("padded", texts(&["  Zoe Ray "]));
    put("proxyAddresses", texts(&["smtp:zoe@contoso.com", "SMTP:z@contoso.com", "X500:/o=contoso"]));
    put("twice", texts(&["A@contoso.com", "a@contoso.com", "b@contoso.com"]));
    put("uac", vec![Value::Integer(514)]);
    put("pwdLastSet", vec![Value::Integer(132_539_328_000_000_000)]);
    let guid =
        [0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    put("objectGUID", vec![Value::Octets(guid.into())]);
    let sid = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
    put("objectSid", vec![Value::Octets(sid.into())]);
    put("manager", vec![Value::Reference(CsKey { connector: 0, id: 7 })]);
    put("truth", vec![Value::Boolean(true)]);
    attributes
}

fn evaluate(text: &str) -> String {
    let mut names = Names::default();
    let attributes = object(&mut names);
    let macros = BTreeMap::from([("anchor".to_owned(), "ConvertToBase64([objectGUID])".to_owned())]);
    let expression = match parse(text, &mut names, &macros) {
        Ok(expression) => expression,
        Err(problem) => return format!("problem at {problem}"),
    };
    let imported = Attributes::default();
    let environment = Environment {
        attributes: &attributes,
        imported: &imported,
        dn: "CN=Ray\\, Zoe,OU=Sales,DC=contoso,DC=com",
        parameter: &|parameter| match parameter {
            Parameter::Domain => Some(Value::text("contoso.com")),
            _ => None,
        },
        object: &|dn| (dn == "CN=Boss").then_some(CsKey { connector: 0, id: 9 }),
        name: &|_| Some("CN=Boss".to_owned()),
    };
    match environment.evaluate(&expression) {
        Ok(Flowed::Null) => "NULL".to_owned(),
        Ok(Flowed::Ignore) => "IgnoreThisFlow".to_owned(),
        Ok(Flowed::Values(values)) => {
            let show = |value: &Value| match value {
                Value::Text(text) => format!("{text:?}"),
                other => other.display(),
            };
            values.iter().map(show).collect::<Vec<_>>().join(" ")
        }
        Err(failure) => format!("failure: {failure}"),
    }
}

/// An expression and what it comes to.
const FUNCTIONS: &[(&str, &str)] = &[
    ("BitAnd([uac], 2)", "2"),
    ("BitAnd(&H80000000, 2147483650)", "2147483648"),
    // groupType of a security group (directory-sync 1.6)
    ("CBool(BitAnd(-2147483646, &H80000000))", "True"),
    ("CBool(BitAnd(2, &H80000000))", "False"),
    ("CBool(\"true\")", "True"),
    ("CBool(\"perhaps\")", "failure: perhaps is neither True nor False"),
    ("CBin(\"AQI=\")", "0102"),
    ("CNum(\" 42 \")", "42"),
    ("CNum(\"forty\")", "failure: \"forty\" is no number"),
    ("CRef(\"CN=Boss\")", "object 0/9"),
    ("CRef(\"CN=Nobody\")", "NULL"),
    ("CStr(42)", "\"42\""),
    ("CStr([manager])", "\"CN=Boss\""),
    // a secondary address alone does make a group mail-enabled (directory-sync 1.3): case does not count
    ("Contains([proxyAddresses], \"smtp:Z\")", "1"),
    ("Contains([proxyAddresses], \"smtp:z\", CaseSensitive)", "3"),
    ("Contains([proxyAddresses], \"sip:\")", "0"),
    ("Contains([absent], \"x\")", "0"),
    // directory-sync 1.4, "byte order trap"
    ("ConvertToBase64([objectGUID])", "\"Z0UjAauJ780BI0VniavN7w==\""),
    ("$anchor", "\"Z0UjAauJ780BI0VniavN7w==\""),
    ("ConvertToBase64(\"Hi\")", "\"SABpAA==\""),
    ("ConvertToUTF8Hex(\"ä1\")", "\"C3A431\""),
    ("DNComponent([dn], 1)", "\"Ray, Zoe\""),
    ("DNComponent([dn], 2)", "\"Sales\""),
    ("DNComponent([dn], 9)", "NULL"),
    ("DNComponent(\"CN=a\\c3\\a4,DC=x\", 1)", "\"aä\""),
    ("Error(\"no \" & [cn])", "failure: no Zoe"),
    // directory-sync 1.4, pwdLastSet
    ("FormatDateTime(DateFromNum([pwdLastSet]), \"yyyyMMddHHmmss.0Z\")", "\"20210101000000.0Z\""),
    ("FormatDateTime(0, \"yyyy-MM-dd HH:mm:ss\")", "\"1601-01-01 00:00:00\""),
    ("FormatDateTime(-1, \"yyyy\")", "failure: -1 is no date"),
    // DateTime.MaxValue.ToFileTimeUtc() of .NET, and what "never" is in a directory
    ("FormatDateTime(2650467743999999999, \"yyyy-MM-dd HH:mm:ss\")", "\"9999-12-31 23:59:59\""),
    ("FormatDateTime(2650467744000000000, \"yyyy\")", "failure: 2650467744000000000 is no date"),
    ("FormatDateTime(9223372036854775807, \"yyyy\")", "failure: 9223372036854775807 is no date"),
    ("IIF([cn] = \"ZOE\", \"same\", Error(\"never\"))", "\"same\""),
    ("IIF([absent] = \"\", 1, 2)", "2"),
    ("InStr(\"The quick brown fox\", \"quick\")", "5"),
    ("InStr(\"repEated\", \"e\", 3, vbBinaryCompare)", "7"),
    ("InStr(\"repEated\", \"e\", 3, vbTextCompare)", "4"),
    ("InStr([absent], \"x\")", "0"),
    ("IsNull([absent])", "True"),
    ("IsNull([empty])", "False"),
    ("IsNullOrEmpty([empty])", "True"),
    ("IsNullOrEmpty(Trim([blank]))", "True"),
    ("IsPresent([empty])", "False"),
    ("IsPresent([cn])", "True"),
    ("IsString([cn])", "True"),
    ("IsString([uac])", "False"),
    ("Item([proxyAddresses], 2)", "\"X500:/o=contoso\""),
    ("Item([proxyAddresses], 0)", "NULL"),
    ("Item([proxyAddresses], 9)", "NULL"),
    ("Left(\"äbc\", 2)", "\"äb\""),
    ("Left([absent], 2)", "NULL"),
    ("Mid(\"contoso\", 4, 2)", "\"to\""),
    ("Mid(\"contoso\", 9, 2)", "\"\""),
    ("RemoveDuplicates([twice])", "\"A@contoso.com\" \"b@contoso.com\""),
    ("StringFromSid([objectSid])", "\"S-1-5-32-544\""),
    ("StringFromSid([objectGUID])", "failure: 67452301AB89EFCD0123456789ABCDEF is no security identifier"),
    ("Trim([padded])", "\"Zoe Ray\""),
    ("Trim([blank])", "\"\""),
    ("Trim([absent])", "NULL"),
    ("ValueCount([proxyAddresses])", "3"),
    ("ValueCount([absent])", "0"),
    ("Word(\"one, two;three\", 2, \",; \")", "\"two\""),
    ("Word(\"one\", 2, \" \")", "NULL"),
    ("ImportedValue(\"cn\")", "NULL"),
    ("%Domain.FQDN%", "\"contoso.com\""),
    ("%Forest.FQDN%", "NULL"),
    ("NULL", "NULL"),
    ("IIF([truth], IgnoreThisFlow, 1)", "IgnoreThisFlow"),
    ("Trim(IgnoreThisFlow)", "IgnoreThisFlow"),
    ("\"a\"\"b\" & 1 & [absent]", r#""a\"b1""#),
    ("1 + 2 * 3 - 4 / 2", "5"),
    ("1 / 0", "failure: the result of a calculation is no number of 64 bits"),
    ("1 < 2 && \"a\" <> \"A\" || [truth] = True", "True"),
    ("2 >= 3 || 3 <= 3", "True"),
    ("[uac] = \"514\"", "True"),
];

#[test]
fn each_function_gives_what_it_says() {
    for (text, wanted) in FUNCTIONS {
        assert_eq!(evaluate(text), *wanted, "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_line_and_column() {
    for (text, wanted) in [
        ("trim([cn])", "line 1, column 1: there is no function trim (it is spelt Trim)"),
        ("IIF(1,\n  2", "line 2, column 4: \",\" or \")\" is missing before the end"),
        ("Left([cn])", "line 1, column 1: Left takes 2 arguments, not 1"),
        ("\"open", "line 1, column 1: the text that begins here does not end"),
        ("1 ? 2", "line 1, column 3: '?' has no meaning here"),
        ("[cn", "line 1, column 1: the attribute that begins here has no name that ends with ']'"),
        ("%Nothing%", "line 1, column 1: there is no parameter %Nothing%"),
        ("$nothing", "line 1, column 1: there is no $nothing"),
        ("1 2", "line 1, column 3: the expression should end before 2"),
        ("&HFFFFFFFFFFFFFFFFF", "line 1, column 1: no hexadecimal number of 64 bits"),
    ] {
        assert_eq!(evaluate(text), format!("problem at {wanted}"), "{text}");
    }
    let deep = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    assert!(evaluate(&deep).contains("nested deeper than 48"));
    assert!(evaluate(&vec!["1"; 80].join("+")).contains("nested deeper than 48"));
    assert!(evaluate(&format!("\"{}\"", "x".repeat(9_000))).contains("longer than 8192"));
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: crate::plans(12), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_refused_and_never_panics(text in "[A-Za-z\\[\\]\"(),&|<>=%$+*/ 0-9-]{0,60}") {
        evaluate(&text);
    }

    #[test]
    fn calls_with_any_arguments_never_panic(
        function in proptest::sample::select(Function::ALL.to_vec()),
        arguments in proptest::collection::vec(
            proptest::sample::select(vec![
                "[cn]", "[absent]", "[proxyAddresses]", "[uac]", "[objectSid]", "[manager]", "-9223372036854775807 - 1",
                "0", "-1", "\"ä\"", "NULL", "IgnoreThisFlow", "True", "[dn]",
            ]),
            1..5,
        ),
    ) {
        evaluate(&format!("{}({})", function.name(), arguments.join(", ")));
    }
}

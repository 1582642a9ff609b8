use super::*;

fn read(text: &str) -> Vec<Result<Entry, (usize, String)>> {
    let entries = CsvEntries::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec()))).unwrap();
    entries.map(|entry| entry.map_err(|problem| (problem.line, problem.message))).collect()
}

fn all<'a>(entry: &'a Entry, attribute: &str) -> Vec<&'a str> {
    entry.texts(attribute).collect()
}

#[test]
fn csvdes_form_has_several_values_in_a_cell_and_octets_in_hexadecimal() {
    let text = "DN,objectClass,cn,objectGUID,proxyAddresses,sAMAccountName\r\n\
                \"CN=Ada,OU=Staff,DC=contoso,DC=local\",top;person;organizationalPerson;user,Ada,\
                X'3c2a1b6f00000040800001234567 89ab',SMTP:ada@contoso.com;smtp:a@contoso.com,ada\r\n";
    let text = text.replace("67 89", "6789");
    let entry = read(&text).remove(0).unwrap();
    assert_eq!(entry.dn, "CN=Ada,OU=Staff,DC=contoso,DC=local");
    assert_eq!(entry.class(), Some("user"));
    assert_eq!(entry.guid().unwrap().to_string(), "6f1b2a3c-0000-4000-8000-0123456789ab");
    assert_eq!(all(&entry, "proxyAddresses"), ["SMTP:ada@contoso.com", "smtp:a@contoso.com"]);
}

#[test]
fn get_adusers_form_has_names_of_its_own_and_perhaps_another_separator() {
    let text = "#TYPE Microsoft.ActiveDirectory.Management.ADUser\n\
                \"DistinguishedName\";\"Enabled\";\"GivenName\";\"Surname\";\"EmailAddress\";\"City\";\"LastLogonDate\"\n\
                \"CN=Ada,DC=contoso,DC=local\";\"False\";\"Ada\";\"Lovelace\";\"ada@contoso.com\";\"London\";\"1/2/2025\"\n";
    let entry = read(text).remove(0).unwrap();
    let check =
        |attribute: &str, expected: &str| assert_eq!(all(&entry, attribute), [expected], "{attribute}");
    check("sn", "Lovelace");
    check("mail", "ada@contoso.com");
    check("l", "London");
    check("userAccountControl", "514");
    check("objectClass", "user");
}

#[test]
fn repeated_columns_are_several_values_and_a_column_that_is_missing_is_unknown() {
    let text = "dn,proxyaddresses,PROXYADDRESSES,Notes\nCN=a,SMTP:a@x.com,smtp:b@x.com,n\n";
    let mut entries = CsvEntries::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec()))).unwrap();
    assert_eq!(all(&entries.next().unwrap().unwrap(), "proxyAddresses"), ["SMTP:a@x.com", "smtp:b@x.com"]);
    assert!(entries.knows("proxyAddresses", false));
    assert!(!entries.knows("userPrincipalName", false));
    assert!(!entries.knows("userPrincipalName", true));
}

#[test]
fn idfixs_form_gathers_the_rows_of_an_object() {
    let text = "DISTINGUISHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,PROPOSEDACTION,ACTION\n\
                \"CN=Ada,DC=contoso,DC=local\",Ada,user,proxyAddresses,Duplicate,smtp:a@contoso.com,smtp:a@contoso.com,EDIT,EDIT\n\
                \"CN=Bob,DC=contoso,DC=local\",Bob,contact,mail,Character,b b@contoso.com,bb@contoso.com,EDIT,\n\
                \"cn=ada,DC=contoso,DC=local\",Ada,user,proxyAddresses,Format,smtp:x,smtp:x,EDIT,EDIT\n\
                \"CN=Eve,DC=contoso,DC=local\",Eve,user,displayName,Blank,,Eve,EDIT,EDIT\n";
    let entries: Vec<Entry> = read(text).into_iter().map(Result::unwrap).collect();
    assert_eq!(entries.len(), 3);
    assert_eq!(all(&entries[0], "proxyAddresses"), ["smtp:a@contoso.com", "smtp:x"]);
    assert_eq!((entries[1].class(), all(&entries[1], "mail")), (Some("contact"), vec!["b b@contoso.com"]));
    assert_eq!(all(&entries[2], "cn"), ["Eve"]);
}

#[test]
fn rows_that_are_wrong_are_told_with_their_lines_and_the_rest_goes_on() {
    let text = "DN,mail,proxyAddresses\n\
                CN=a,a@x.com\n\
                CN=b,b@x.com,smtp:b@x.com\n\
                ,c@x.com,\n\
                \"CN=d\"x,d@x.com,\n\
                CN=e,e@x.com,Microsoft.ActiveDirectory.Management.ADPropertyValueCollection\n\
                CN=f,'=cmd,\n";
    let got = read(text);
    let lines: Vec<Option<usize>> =
        got.iter().map(|entry| entry.as_ref().err().map(|(line, _)| *line)).collect();
    assert_eq!(lines, [Some(2), None, Some(4), Some(5), Some(6), None]);
    assert!(got[4].as_ref().unwrap_err().1.contains("-join"));
    // the mark before what a spreadsheet would run is taken away
    assert_eq!(all(got[5].as_ref().unwrap(), "mail"), ["=cmd"]);
}

#[test]
fn a_file_whose_header_names_no_object_is_refused() {
    let check = |text: &str, word: &str| {
        let problem =
            CsvEntries::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec()))).err().unwrap();
        assert!(problem.is_fatal && problem.message.contains(word), "{problem:?}");
    };
    check("mail,displayName\na,b\n", "DN or distinguishedName");
    check("", "empty");
}

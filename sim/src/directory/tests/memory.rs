//! What an object costs, all in (DESIGN: a bare store takes 0.8 kB; stamps, indexes and links come on top).

use crate::clock::DEFAULT_START;
use crate::directory::testing::config;
use crate::directory::{Directory, NewObject, ObjectId, UpdateContext, attr};

/// Bytes an object, indexes, links and change log included.
const CEILING: usize = 1200;
const USERS: usize = 4096;

fn person(index: usize, parent: ObjectId) -> NewObject {
    let text = |text: String| vec![text.into_bytes()];
    let (given, family) = (format!("Given{}", index % 97), format!("Family{}", index % 911));
    let mail = format!("{given}.{family}{index}@contoso.com").to_lowercase();
    let attributes = vec![
        (attr::SAM_ACCOUNT_NAME, text(format!("user{index}"))),
        (attr::USER_PRINCIPAL_NAME, text(mail.clone())),
        (attr::MAIL, text(mail.clone())),
        (attr::MAIL_NICKNAME, text(format!("nick{index}"))),
        (
            attr::PROXY_ADDRESSES,
            vec![
                format!("SMTP:{mail}").into_bytes(),
                format!("smtp:user{index}@contoso.com").into_bytes(),
                format!("x500:/o=Contoso/cn=user{index}").into_bytes(),
            ],
        ),
        (attr::DISPLAY_NAME, text(format!("{given} {family}"))),
        (attr::GIVEN_NAME, text(given.clone())),
        (attr::SN, text(family.clone())),
        (attr::TITLE, text(format!("Title {}", index % 40))),
        (attr::DEPARTMENT, text(format!("Department {}", index % 12))),
        (attr::COMPANY, text("Contoso".to_owned())),
        (attr::OFFICE, text(format!("Office {}", index % 9))),
        (attr::STREET_ADDRESS, text(format!("Street {}", index % 9))),
        (attr::L, text(format!("City {}", index % 9))),
        (attr::POSTAL_CODE, text(format!("10{}", index % 9))),
        (attr::C, text("NL".to_owned())),
        (attr::CO, text("Netherlands".to_owned())),
        (attr::COUNTRY_CODE, text("528".to_owned())),
        (attr::TELEPHONE_NUMBER, text(format!("+31 20 {index:07}"))),
        (attr::MOBILE, text(format!("+31 6 {index:08}"))),
        (attr::EMPLOYEE_ID, text(format!("{index:06}"))),
        (attr::USER_ACCOUNT_CONTROL, text("512".to_owned())),
        (attr::PREFERRED_LANGUAGE, text("nl-NL".to_owned())),
    ];
    NewObject {
        parent,
        rdn: format!("{given} {family} {index}"),
        class: "user",
        attributes,
        guid: None,
        rid: None,
    }
}

#[test]
fn an_object_of_thirty_four_attributes_stays_below_its_ceiling() {
    let mut directory = Directory::new(&config(true));
    let context = UpdateContext::lenient(DEFAULT_START);
    let before = directory.heap_bytes();
    let users = directory.info().users;
    let mut previous = directory.info().administrator;
    let team =
        directory.load(&context, NewObject { rdn: "Team".to_owned(), class: "group", ..person(0, users) });
    let mut ids = Vec::new();
    for index in 0..USERS {
        let id = directory.load(&context, person(index, users));
        directory.load_links(&context, id, attr::MANAGER, &[previous]);
        directory.set_password(id, "Passw0rd!1", DEFAULT_START);
        if index % 8 == 0 {
            previous = id;
        }
        ids.push(id);
    }
    directory.load_links(&context, team, attr::MEMBER, &ids);
    let entry = directory.entry(ids[7]).unwrap();
    assert!(entry.attributes().count() >= 34, "{}", entry.attributes().count());
    let each = (directory.heap_bytes() - before) / USERS;
    assert!(each <= CEILING, "{each} bytes an object");
    assert!(each >= 400, "{each} bytes an object: is everything counted?");
}

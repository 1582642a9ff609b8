use super::*;

#[test]
fn every_mistake_has_its_row_with_scenarios_a_sentence_and_a_source() {
    let rows: Vec<Vec<&str>> = TABLE.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let known: Vec<&str> = Mistake::ALL.iter().map(|mistake| mistake.name()).collect();
    assert_eq!(names, known);
    for mistake in Mistake::ALL {
        assert_eq!(Mistake::named(mistake.name()), Some(*mistake));
        assert!(!mistake.scenarios().is_empty() && !mistake.about().is_empty(), "{mistake:?}");
        assert!(mistake.scenarios().iter().all(|number| (1..=38).contains(number)), "{mistake:?}");
    }
    assert_eq!(Mistake::named("none"), None);
    assert!(rows.iter().all(|row| row.len() == 5 && row[3].contains("directory-sync 8")));
}

#[test]
fn the_text_order_of_a_guid_is_that_of_the_references_example() {
    // directory-sync.md, section 1.4: 67452301ab89efcd... in the directory, 0123456789abcdef... as text
    let there = [0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    let text = [1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    assert_eq!(text_order(&there), text);
}

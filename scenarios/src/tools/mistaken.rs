//! Names of wrong copies of tools, kept in tables.

/// An enumeration of mistakes whose rows are in a table: name, scenarios, what it does, source, confidence.
macro_rules! mistakes {
    ($(#[$doc:meta])* $kind:ident from $table:ident { $($variant:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs)]
        pub enum $kind { $($variant,)* }

        impl $kind {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The names of the scenarios that have to catch it.
            pub fn scenarios(self) -> Vec<&'static str> {
                self.column(1).split(',').filter(|name| !name.is_empty()).collect()
            }

            /// What the mistaken tool does, in a sentence.
            pub fn about(self) -> &'static str {
                self.column(2)
            }

            fn column(self, at: usize) -> &'static str {
                let row = $table.lines().find(|line| line.split('\t').next() == Some(self.name()));
                row.and_then(|line| line.split('\t').nth(at)).unwrap_or_default()
            }
        }
    };
}

pub(crate) use mistakes;

/// The rows of a table are the mistakes, and each names scenarios of the library, what it does and a source.
#[cfg(test)]
pub(crate) fn check_mistakes(table: &'static str, names: impl Iterator<Item = &'static str>) {
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), names.collect::<Vec<_>>());
    for row in rows {
        let [_, scenarios, about, source, confidence] = row[..] else {
            panic!("{row:?} has not five columns")
        };
        for name in scenarios.split(',') {
            assert!(
                crate::library::LibraryFile::find(name).is_some(),
                "{name} is no scenario of the library"
            );
        }
        assert!(!about.is_empty() && source.contains("directory-sync") | source.contains("microsoft-graph"));
        assert!(["observed", "documented", "assumed"].contains(&confidence), "{row:?}");
    }
}

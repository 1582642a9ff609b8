//! The functions that the default rules use (directory-sync.md, section 1.1, item 12).

use crate::value::Kind;

macro_rules! functions {
    ($($name:ident $least:literal..=$most:literal $result:expr, $doc:literal;)*) => {
        /// A function of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Function { $(#[doc = $doc] $name,)* }

        impl Function {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// By its name; case counts.
            pub fn named(name: &str) -> Option<Self> {
                Some(match name { $(stringify!($name) => Self::$name,)* _ => return None })
            }

            /// How it is spelt.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Least and most arguments.
            pub fn arguments(self) -> (usize, usize) {
                match self { $(Self::$name => ($least, $most),)* }
            }

            pub(super) fn result(self) -> Gives {
                match self { $(Self::$name => $result,)* }
            }
        }
    };
}

/// What a function gives.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gives {
    Is(Kind),
    /// As its argument of this number, or the first after it whose kind is known.
    AsArgument(usize),
    /// Nothing: it ends the flow.
    Never,
}

use Gives::{AsArgument, Is, Never};
use Kind::{Boolean, Integer, Octets, Reference, Text};

functions! {
    BitAnd 2..=2 Is(Integer), "The bits that both numbers have.";
    CBool 1..=1 Is(Boolean), "A truth value of a number, a text or a comparison.";
    CBin 1..=1 Is(Octets), "Octets of a text that is base64, or as they are.";
    CNum 1..=1 Is(Integer), "The number that a text says.";
    CRef 1..=1 Is(Reference), "The object that has this distinguished name.";
    CStr 1..=1 Is(Text), "The text of a value.";
    Contains 2..=3 Is(Integer), "Number of the first value that holds the text, from 1; 0 for none. Case counts only with CaseSensitive as third argument.";
    ConvertToBase64 1..=1 Is(Text), "Octets in base64; a text's octets are those of UTF-16, little end first.";
    ConvertToUTF8Hex 1..=1 Is(Text), "The octets of a text in UTF-8, in hexadecimal.";
    DNComponent 2..=2 Is(Text), "The value of a component of a distinguished name, counted from 1 at the left.";
    DateFromNum 1..=1 Is(Integer), "A date of a FILETIME number.";
    Error 1..=1 Never, "Ends the flow with this text: the object is left as it is, and the text reported.";
    FormatDateTime 2..=2 Is(Text), "A date in a pattern of yyyy, MM, dd, HH, mm and ss.";
    IIF 3..=3 AsArgument(1), "The second argument if the first holds, else the third.";
    InStr 2..=4 Is(Integer), "Where a text stands in another, in characters from 1; 0 for nowhere. Case counts unless the fourth argument is vbTextCompare.";
    IsNull 1..=1 Is(Boolean), "Whether there is no value.";
    IsNullOrEmpty 1..=1 Is(Boolean), "Whether there is no value or an empty text.";
    IsPresent 1..=1 Is(Boolean), "Whether there is a value that is not an empty text.";
    IsString 1..=1 Is(Boolean), "Whether the value is text.";
    Item 2..=2 AsArgument(0), "The value of this number, from 1.";
    Left 2..=2 Is(Text), "So many characters from the left.";
    Mid 3..=3 Is(Text), "Characters from this place, counted from 1, so many.";
    RemoveDuplicates 1..=1 AsArgument(0), "Values without those that differ in case only.";
    StringFromSid 1..=1 Is(Text), "A security identifier as text.";
    Trim 1..=1 AsArgument(0), "Each text without white space around it.";
    ValueCount 1..=1 Is(Integer), "How many values there are.";
    Word 3..=3 Is(Text), "The word of this number, from 1, of a text cut at any of these characters.";
}

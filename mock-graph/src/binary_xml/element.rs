//! What the records say: elements, attributes, typed texts.

use forestbed_sim::ids::Guid;
use std::borrow::Cow;
use std::fmt::Write as _;

/// A name, a prefix or the address of a namespace: most are known beforehand.
pub type Label = Cow<'static, str>;

/// One element with everything in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Element {
    /// Its prefix; empty when it has none.
    pub prefix: Label,
    /// Its local name.
    pub name: Label,
    /// The namespaces that it declares: prefix (empty for the default one) and address.
    pub namespaces: Vec<(Label, Label)>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What is in it, in order.
    pub children: Vec<Node>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Its prefix; empty when it has none.
    pub prefix: Label,
    /// Its local name.
    pub name: Label,
    /// Its value.
    pub value: Text,
}

/// What an element holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Another element.
    Element(Element),
    /// Text.
    Text(Text),
}

/// A text in the type in which it was sent. Two texts that read the same need not be equal.
#[derive(Debug, Clone, PartialEq)]
pub enum Text {
    /// Characters.
    Chars(String),
    /// Octets, which stand for base64.
    Bytes(Vec<u8>),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above what `Int` holds.
    UInt(u64),
    /// A floating-point number, also of single precision.
    Float(f64),
    /// A decimal number: its sixteen octets.
    Decimal([u8; 16]),
    /// A point in time: 100 ns since the year 1 in the lower 62 bits, its kind (0 none, 1 UTC, 2 local) above.
    DateTime(u64),
    /// A span of 100 ns.
    TimeSpan(i64),
    /// A GUID.
    Guid(Guid),
    /// A GUID that reads `urn:uuid:...`.
    UniqueId(Guid),
    /// A qualified name of the dictionary.
    Name(Label),
    /// Several texts, which read with spaces between them.
    List(Vec<Text>),
}

impl Text {
    /// What it reads as in a document of text.
    pub fn read(&self) -> String {
        match self {
            Text::Chars(text) => text.clone(),
            Text::Bytes(octets) => base64(octets),
            Text::Bool(value) => value.to_string(),
            Text::Int(value) => value.to_string(),
            Text::UInt(value) => value.to_string(),
            Text::Float(value) => value.to_string(),
            Text::Decimal(octets) => hex(octets),
            Text::DateTime(value) => value.to_string(),
            Text::TimeSpan(value) => value.to_string(),
            Text::Guid(guid) => guid.to_string(),
            Text::UniqueId(guid) => format!("urn:uuid:{guid}"),
            Text::Name(name) => name.to_string(),
            Text::List(texts) => texts.iter().map(Text::read).collect::<Vec<_>>().join(" "),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Chars(text.to_owned())
    }
}

impl Element {
    /// An empty element; `prefix` may be empty.
    pub fn new(prefix: impl Into<Label>, name: impl Into<Label>) -> Element {
        Element { prefix: prefix.into(), name: name.into(), ..Element::default() }
    }

    /// Declares a namespace; an empty prefix is the default one.
    #[must_use]
    pub fn with_namespace(mut self, prefix: impl Into<Label>, address: impl Into<Label>) -> Element {
        self.namespaces.push((prefix.into(), address.into()));
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with_attribute(
        mut self,
        prefix: impl Into<Label>,
        name: impl Into<Label>,
        value: Text,
    ) -> Element {
        self.attributes.push(Attribute { prefix: prefix.into(), name: name.into(), value });
        self
    }

    /// Adds text.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<Text>) -> Element {
        self.children.push(Node::Text(text.into()));
        self
    }

    /// Adds an element.
    #[must_use]
    pub fn with(mut self, child: Element) -> Element {
        self.children.push(Node::Element(child));
        self
    }

    /// The elements in it.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first element in it with this local name, whatever its namespace.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.elements().find(|element| element.name == name)
    }

    /// The first element in it with this local name, taken out.
    pub fn into_child(self, name: &str) -> Option<Element> {
        self.children.into_iter().find_map(|node| match node {
            Node::Element(element) if element.name == name => Some(element),
            _ => None,
        })
    }

    /// The element that these local names lead to, one below the other.
    pub fn descend(&self, names: &[&str]) -> Option<&Element> {
        names.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text in it, put together.
    pub fn text(&self) -> String {
        let mut texts = self.texts();
        match (texts.next(), texts.next()) {
            (None, _) => String::new(),
            (Some(only), None) => only.read(),
            (Some(first), Some(second)) => [first, second].into_iter().chain(texts).map(Text::read).collect(),
        }
    }

    /// The texts in it.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text),
            Node::Element(_) => None,
        })
    }

    /// The value of the attribute with this local name.
    pub fn attribute(&self, name: &str) -> Option<&Text> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &attribute.value)
    }
}

fn base64(octets: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(octets)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        // writing to a string cannot fail
        let _ = write!(text, "{octet:02x}");
        text
    })
}

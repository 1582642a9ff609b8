//! Requests for a virtual list view (draft-ietf-ldapext-ldapv3-vlv-09, section 6.1).

use crate::ber::{Malformed, Reader, tag};

/// Where the window lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The entry at `offset` of a list that the client believes to be `count` long; 0 for not known.
    Offset { offset: usize, count: usize },
    /// The first entry at or behind a value.
    Value(Vec<u8>),
}

/// A window that is asked for: so many entries before and after a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListViewRequest {
    pub(crate) before: usize,
    pub(crate) after: usize,
    pub(crate) target: Target,
}

impl ListViewRequest {
    /// `SEQUENCE { before, after, CHOICE { [0] SEQUENCE { offset, count }, [1] value }, context OPTIONAL }`.
    pub(crate) fn read(value: &[u8]) -> Result<ListViewRequest, Malformed> {
        let size = |number: i64| usize::try_from(number).map_err(|_| Malformed::Value);
        let mut fields = Reader::new(value).sequence()?;
        let (before, after) = (size(fields.integer()?)?, size(fields.integer()?)?);
        let choice = fields.any()?;
        let target = match choice.tag {
            by if by == tag::context_constructed(0) => {
                let mut fields = Reader::new(choice.content);
                let (offset, count) = (size(fields.integer()?)?, size(fields.integer()?)?);
                fields.end()?;
                Target::Offset { offset, count }
            }
            by if by == tag::context(1) => Target::Value(choice.content.to_vec()),
            _ => return Err(Malformed::UnexpectedTag),
        };
        // the context of an earlier answer only speeds up other servers
        fields.optional(tag::OCTET_STRING)?;
        fields.end()?;
        Ok(ListViewRequest { before, after, target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_in_both_forms() {
        // ldapsearch -E vlv=1/2/10/0 and -E vlv=1/2:bulk
        let offset = [0x30, 0x0e, 2, 1, 1, 2, 1, 2, 0xa0, 6, 2, 1, 10, 2, 1, 0];
        let read = ListViewRequest::read(&offset).unwrap();
        assert_eq!((read.before, read.after, read.target), (1, 2, Target::Offset { offset: 10, count: 0 }));
        let value = [0x30, 0x0c, 2, 1, 1, 2, 1, 2, 0x81, 4, b'b', b'u', b'l', b'k'];
        assert_eq!(ListViewRequest::read(&value).unwrap().target, Target::Value(b"bulk".to_vec()));
        let negative = [0x30, 0x0e, 2, 1, 0xff, 2, 1, 2, 0xa0, 6, 2, 1, 10, 2, 1, 0];
        assert_eq!(ListViewRequest::read(&negative), Err(Malformed::Value));
        assert!(ListViewRequest::read(&offset[..12]).is_err());
    }
}

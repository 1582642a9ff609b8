//! A message from its BER form. What cannot be decoded still gives up its message id when it can be read, so
//! that it is answered and not hung up on.

use super::controls::Control;
use super::filter;
use super::{Authentication, Operation, Request, SearchRequest, Sicily, op};
use crate::ber::{Malformed, Reader, Tlv, tag};
use forestbed_sim::directory::{Modification, ModifyOp, Scope};

/// A message that could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undecodable {
    /// Message id and tag of the operation, when both could be read.
    pub(crate) addressed: Option<(i32, u8)>,
    pub(crate) why: Malformed,
}

/// Message id and tag of the operation, without a look at the rest.
pub(crate) fn peek(frame: &[u8]) -> Option<(i32, u8)> {
    let mut reader = Reader::new(frame).sequence().ok()?;
    Some((message_id(&mut reader).ok()?, reader.peek()?))
}

/// Decodes one whole message. `max_filter_depth` is the deepest nesting of its filter.
pub(crate) fn decode(frame: &[u8], max_filter_depth: usize) -> Result<Request<'_>, Undecodable> {
    let failed = |why| Undecodable { addressed: peek(frame), why };
    let mut reader = Reader::new(frame).sequence().map_err(failed)?;
    let id = message_id(&mut reader).map_err(failed)?;
    let body = reader.any().map_err(failed)?;
    let operation = operation(body, max_filter_depth).map_err(failed)?;
    let controls = controls(&mut reader).map_err(failed)?;
    Ok(Request { id, operation, controls })
}

fn message_id(reader: &mut Reader<'_>) -> Result<i32, Malformed> {
    // zero is for what nobody asked for; but msldap begins with it, which Active Directory puts up with
    id(reader.content(tag::INTEGER)?).and_then(|id| if id >= 0 { Ok(id) } else { Err(Malformed::Value) })
}

fn id(content: &[u8]) -> Result<i32, Malformed> {
    crate::ber::integer(content).and_then(|id| i32::try_from(id).map_err(|_| Malformed::Value))
}

fn operation(body: Tlv<'_>, max_filter_depth: usize) -> Result<Operation<'_>, Malformed> {
    let mut reader = Reader::new(body.content);
    let operation = match body.tag {
        op::UNBIND => return Ok(Operation::Unbind),
        op::DELETE => return crate::ber::text(body.content).map(|dn| Operation::Delete { dn }),
        op::ABANDON => return id(body.content).map(|id| Operation::Abandon { id }),
        op::BIND => bind(&mut reader)?,
        op::SEARCH => Operation::Search(search(&mut reader, max_filter_depth)?),
        op::MODIFY => modify(&mut reader)?,
        op::ADD => add(&mut reader)?,
        op::MODIFY_DN => modify_dn(&mut reader)?,
        op::COMPARE => compare(&mut reader)?,
        op::EXTENDED => extended(&mut reader)?,
        _ => return Err(Malformed::UnexpectedTag),
    };
    reader.end().map(|()| operation)
}

fn bind<'a>(reader: &mut Reader<'a>) -> Result<Operation<'a>, Malformed> {
    let version = reader.integer()?;
    let name = reader.text()?;
    let method = reader.any()?;
    let authentication = match method.tag {
        0x80 => Authentication::Simple(method.content),
        0xa3 => {
            let mut sasl = Reader::new(method.content);
            let mechanism = sasl.text()?;
            let credentials = sasl.optional(tag::OCTET_STRING)?;
            sasl.end()?;
            Authentication::Sasl { mechanism, credentials }
        }
        0x89 => Authentication::Sicily(Sicily::Discovery),
        0x8a => Authentication::Sicily(Sicily::Negotiate(method.content)),
        0x8b => Authentication::Sicily(Sicily::Response(method.content)),
        other => Authentication::Other(other & 0x1f),
    };
    Ok(Operation::Bind { version, name, authentication })
}

fn search<'a>(reader: &mut Reader<'a>, max_filter_depth: usize) -> Result<SearchRequest<'a>, Malformed> {
    let limit = |value: i64| u32::try_from(value).map_err(|_| Malformed::Value);
    let base = reader.text()?;
    let scope = match reader.enumerated()? {
        0 => Scope::Base,
        1 => Scope::One,
        2 => Scope::Subtree,
        _ => return Err(Malformed::Value),
    };
    // how aliases are followed: Active Directory has none
    reader.enumerated()?;
    let size_limit = limit(reader.integer()?)?;
    let time_limit = limit(reader.integer()?)?;
    let types_only = reader.boolean()?;
    let mut after = *reader;
    let raw_filter = after.any()?.content;
    let filter = filter::decode(reader, max_filter_depth)?;
    let mut names = reader.sequence()?;
    let mut attributes = Vec::new();
    while !names.is_empty() {
        attributes.push(names.text()?);
    }
    Ok(SearchRequest { base, scope, size_limit, time_limit, types_only, filter, raw_filter, attributes })
}

fn modify<'a>(reader: &mut Reader<'a>) -> Result<Operation<'a>, Malformed> {
    let dn = reader.text()?;
    let mut list = reader.sequence()?;
    let mut changes = Vec::new();
    while !list.is_empty() {
        let mut change = list.sequence()?;
        let op = match change.enumerated()? {
            0 => ModifyOp::Add,
            1 => ModifyOp::Delete,
            2 => ModifyOp::Replace,
            _ => return Err(Malformed::Value),
        };
        let (attribute, values) = attribute(&mut change)?;
        change.end()?;
        changes.push(Modification { op, attribute, values });
    }
    Ok(Operation::Modify { dn, changes })
}

fn attribute(reader: &mut Reader<'_>) -> Result<(String, Vec<Vec<u8>>), Malformed> {
    let mut pair = reader.sequence()?;
    let name = pair.text()?.to_owned();
    let mut set = pair.inside(tag::SET)?;
    pair.end()?;
    let mut values = Vec::new();
    while !set.is_empty() {
        values.push(set.octets()?.to_vec());
    }
    Ok((name, values))
}

fn add<'a>(reader: &mut Reader<'a>) -> Result<Operation<'a>, Malformed> {
    let dn = reader.text()?;
    let mut list = reader.sequence()?;
    let mut attributes = Vec::new();
    while !list.is_empty() {
        attributes.push(attribute(&mut list)?);
    }
    Ok(Operation::Add { dn, attributes })
}

fn modify_dn<'a>(reader: &mut Reader<'a>) -> Result<Operation<'a>, Malformed> {
    let dn = reader.text()?;
    let new_rdn = reader.text()?;
    let delete_old_rdn = reader.boolean()?;
    let new_superior = reader.optional(tag::context(0))?.map(crate::ber::text).transpose()?;
    Ok(Operation::ModifyDn { dn, new_rdn, delete_old_rdn, new_superior })
}

fn compare<'a>(reader: &mut Reader<'a>) -> Result<Operation<'a>, Malformed> {
    let dn = reader.text()?;
    let mut assertion = reader.sequence()?;
    let attribute = assertion.text()?;
    let value = assertion.octets()?;
    assertion.end()?;
    Ok(Operation::Compare { dn, attribute, value })
}

fn extended<'a>(reader: &mut Reader<'a>) -> Result<Operation<'a>, Malformed> {
    let oid = crate::ber::text(reader.content(tag::context(0))?)?;
    let value = reader.optional(tag::context(1))?;
    Ok(Operation::Extended { oid, value })
}

fn controls<'a>(reader: &mut Reader<'a>) -> Result<Vec<Control<'a>>, Malformed> {
    let mut controls = Vec::new();
    let Some(list) = reader.optional(tag::context_constructed(0))? else { return Ok(controls) };
    let mut list = Reader::new(list);
    while !list.is_empty() {
        let mut control = list.sequence()?;
        let oid = control.text()?;
        let critical = match control.peek() {
            Some(tag::BOOLEAN) => control.boolean()?,
            _ => false,
        };
        let value = control.optional(tag::OCTET_STRING)?;
        control.end()?;
        controls.push(Control { oid, critical, value });
    }
    Ok(controls)
}

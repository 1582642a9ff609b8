//! The tenant through the provisioning service: SOAP in .NET binary XML, by Microsoft's host names.

mod client;
mod soap;
mod source;
mod target;
mod values;

pub(super) use client::Service;
pub(super) use source::CloudSource;
pub(super) use target::CloudTarget;

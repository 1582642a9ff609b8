//! Which ports the servers listen on, and what is said when one is taken.

use super::builder::Ports;
use crate::{Error, ErrorKind};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// One listener: what it is for, and how to choose its port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door {
    pub(super) what: &'static str,
    pub(super) option: &'static str,
    pub(super) port: u16,
}

impl Door {
    /// The address on loopback.
    pub(super) fn address(self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Tells at once when a port that was asked for is taken, with its name.
    pub(super) fn check(self) -> Result<SocketAddr, Error> {
        if self.port != 0 {
            TcpListener::bind(self.address()).map_err(|error| self.refused(&error))?;
        }
        Ok(self.address())
    }

    /// The error of two listeners that are to share a port.
    pub(super) fn asked_twice(self, first: Door) -> Error {
        let Door { what, option, port } = self;
        Error::input(format!("port {port} is asked for twice: for {} and for {what}", first.what)).with_help(
            format!("choose another with {option} PORT or {} PORT, or leave one out", first.option),
        )
    }

    /// The error of a listener that could not be opened.
    pub(super) fn refused(self, error: &io::Error) -> Error {
        let Door { what, option, port } = self;
        match error.kind() {
            io::ErrorKind::AddrInUse => Error::new(
                ErrorKind::PortInUse,
                format!("port {port} for {what} is in use by another program"),
            )
            .with_help(format!("choose another with {option} PORT, or leave it out for any free one")),
            io::ErrorKind::PermissionDenied => {
                Error::harness(format!("port {port} for {what} is not allowed to this user: {error}"))
                    .with_help(format!("choose one above 1023 with {option} PORT, or leave it out"))
            }
            _ => Error::harness(format!("cannot listen on port {port} for {what}: {error}")),
        }
    }
}

impl Ports {
    /// LDAP and LDAPS of a forest, counted from 0.
    pub(super) fn ldap_doors(self, forest: usize) -> Result<(Door, Door), Error> {
        let port = |first: u16| match first {
            0 => Ok(0),
            first => u16::try_from(usize::from(first) + forest).map_err(|_| {
                Error::input(format!("the ports from {first} on do not reach for every forest"))
            }),
        };
        Ok((
            Door { what: "LDAP", option: "--ldap-port", port: port(self.ldap)? },
            Door { what: "LDAPS", option: "--ldaps-port", port: port(self.ldaps)? },
        ))
    }

    pub(super) fn graph_doors(self) -> (Door, Door) {
        (
            Door { what: "Graph over https", option: "--graph-port", port: self.graph },
            Door { what: "Graph over http", option: "--graph-http-port", port: self.graph_http },
        )
    }

    pub(super) fn control_door(self) -> Door {
        Door { what: "the control API", option: "--control-port", port: self.control }
    }
}

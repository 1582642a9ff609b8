//! Which ports the servers listen on, and what is said when one is taken.

use super::builder::Ports;
use crate::{Error, ErrorKind};
use std::collections::BTreeSet;
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
    /// LDAP, LDAPS, global catalog and global catalog over TLS of the first domain controller.
    pub(super) fn ldap_doors(self) -> [Door; 4] {
        [
            Door { what: "LDAP", option: "--ldap-port", port: self.ldap },
            Door { what: "LDAPS", option: "--ldaps-port", port: self.ldaps },
            Door { what: "the global catalog", option: "--gc-port", port: self.gc },
            Door { what: "the global catalog over TLS", option: "--gc-tls-port", port: self.gc_tls },
        ]
    }

    /// The same of a domain controller, counted from 0 over the estate: those behind the first take the next
    /// ports that are free and that no other option names.
    pub(super) fn ldap_doors_of(
        self,
        controller: usize,
        used: &mut BTreeSet<u16>,
    ) -> Result<[Door; 4], Error> {
        let mut doors = self.ldap_doors();
        used.extend([self.ldap, self.ldaps, self.gc, self.gc_tls, self.graph, self.graph_http]);
        used.extend([self.proxy, self.control]);
        for door in doors.iter_mut().filter(|door| controller > 0 && door.port != 0) {
            let free =
                |port: &u16| !used.contains(port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
            let first = door.port;
            let Some(port) = (first..=u16::MAX).find(free) else {
                return Err(Error::input(format!(
                    "the ports from {first} on do not reach for every domain controller"
                )));
            };
            used.insert(port);
            door.port = port;
        }
        Ok(doors)
    }

    pub(super) fn graph_doors(self) -> (Door, Door) {
        (
            Door { what: "Graph over https", option: "--graph-port", port: self.graph },
            Door { what: "Graph over http", option: "--graph-http-port", port: self.graph_http },
        )
    }

    pub(super) fn proxy_door(self) -> Door {
        Door { what: "the proxy", option: "--proxy-port", port: self.proxy }
    }

    pub(super) fn control_door(self) -> Door {
        Door { what: "the control API", option: "--control-port", port: self.control }
    }
}

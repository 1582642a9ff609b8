//! Entra ID on the wire: Microsoft Graph, and the endpoints that give out tokens.

mod jwt;
mod login;
mod odata;
mod resources;

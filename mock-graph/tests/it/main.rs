//! The tenant from outside: in process and over real sockets.

mod accounts;
mod arm;
mod batch;
mod delta;
mod faults;
mod fuzz;
mod garbage;
mod gate;
mod gateway;
mod grants;
mod licences;
mod locks;
mod login;
mod objects;
mod odata;
mod privileges;
mod provisioning;
mod proxy;
mod retry;
mod services;
mod support;
mod validate;
mod wire;
#[cfg(feature = "wiremock")]
mod wiremock;
mod witness;

//! The domain controller as its clients meet it: in process over a session, and over sockets.

mod abandon;
mod allocations;
mod bind;
mod confidential;
mod descriptors;
mod dir_sync;
mod external;
mod faults;
mod forests;
mod fuzz;
mod hostile;
mod lldap;
mod notification;
mod ntlm;
mod paging;
mod replicas;
mod root_dse;
mod search;
mod support;
mod tls;
mod update;
mod views;

//! Delta queries (microsoft-graph.md 2.6, Appendix A7 and A8) as a client meets them.

mod client;
mod lag;
mod links;
mod objects;
mod replica;
mod tokens;

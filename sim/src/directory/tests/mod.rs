mod binds;
mod genesis;
mod memory;
mod names;
mod objects;
mod replica;
mod searches;
mod updates;

mod binds;
mod genesis;
mod memory;
mod objects;
mod replica;
mod searches;
mod updates;

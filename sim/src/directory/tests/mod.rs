mod binds;
mod genesis;
mod objects;
mod searches;
mod updates;

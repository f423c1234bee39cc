//! The system that Pollux runs on, for the command line and the window alike: the folder of the data, the keychain, the
//! log, the display, dumps and memory.

pub mod display;
pub mod dumps;
pub mod home;
pub mod keychain;
pub mod log;
pub mod memory;

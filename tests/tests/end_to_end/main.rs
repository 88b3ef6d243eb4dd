//! The program as a whole, as users run it.

mod command_line;

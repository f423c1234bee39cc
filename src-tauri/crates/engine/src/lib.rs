//! What the window and the command line drive.

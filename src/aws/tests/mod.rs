//! Against a scripted server.

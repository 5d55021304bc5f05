//! The sandbox against what attacks it: pages in a browser on the same machine, and data
//! folders that came from elsewhere.

mod access;
mod data;

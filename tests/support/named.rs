//! Named tests over a folder of data, for `cargo test cases::mirror`.

/// A test for each case of a folder, named after its file (`-` becomes `_`), and a test
/// that fails where a case of the folder is not listed.
macro_rules! named_tests {
    ($check:ident($folder:expr); $($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                $check(&stringify!($name).replace('_', "-"));
            }
        )+

        #[test]
        fn every_case_of_the_folder_is_listed() {
            let mut found: Vec<String> = std::fs::read_dir($folder)
                .expect("the folder of cases")
                .map(|entry| entry.expect("an entry").path())
                .filter(|path| path.extension().is_none_or(|extension| extension == "toml"))
                .map(|path| path.file_stem().expect("a name").to_string_lossy().replace('-', "_"))
                .collect();
            found.sort();
            let mut listed = [$(stringify!($name)),+];
            listed.sort_unstable();
            assert_eq!(found, listed);
        }
    };
}
pub(crate) use named_tests;

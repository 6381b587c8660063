//! Every case in every world: one test for each folder and world, such as `plain::classes`.

macro_rules! world {
    ($world:ident: $($folder:ident)*) => {
        mod $world {
            $(
                #[test]
                fn $folder() {
                    tests::check_folder(stringify!($world), stringify!($folder));
                }
            )*
        }
    };
}

macro_rules! folders {
    ($($folder:ident)*) => {
        const FOLDERS: &[&str] = &[$(stringify!($folder)),*];
        world!(plain: $($folder)*);
        world!(collect: $($folder)*);
        world!(slow: $($folder)*);
        world!(small: $($folder)*);
        world!(step: $($folder)*);
        world!(nocache: $($folder)*);
        world!(identity: $($folder)*);
        world!(verify: $($folder)*);
    };
}

folders! {
    check classes core diagnostics enums errors fibers functions lexical library limits live namespaces operators patterns session statements stop tasks values
}

#[test]
fn every_folder_is_run() {
    assert_eq!(FOLDERS, tests::folder::folders(), "the list of folders above is not what is in tests/cases");
}

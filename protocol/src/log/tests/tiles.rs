//! Tiles: laid out as C2SP `tlog-tiles` says, and nothing in them can change unseen.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::codec::Hash;
use crate::log::tiles::{self, EntryTooLong, Level, NotABundle, TileError, TilePath, WIDTH};
use crate::log::{Checkpoint, Tree, hash_leaf};
use crate::samples::origin;

/// An export as files.
type Files = BTreeMap<String, Vec<u8>>;

fn entry(index: u64) -> Vec<u8> {
    index.to_be_bytes()[8 - (index as usize % 9)..].to_vec()
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::default();
    (0..size).for_each(|index| tree.append(hash_leaf(&entry(index))));
    tree
}

fn export(tree: &Tree, size: u64) -> (Checkpoint, Files) {
    let mut files: Files = tiles::hash_tiles(tree, size).map(|(path, bytes)| (path.to_string(), bytes)).collect();
    for path in tiles::bundles(size) {
        files.insert(path.to_string(), tiles::entry_bundle(path.places().map(entry)).unwrap());
    }
    (Checkpoint { origin: origin(), size, root: tree.root(size).unwrap() }, files)
}

fn verify(checkpoint: &Checkpoint, files: &Files) -> Result<(), TileError> {
    tiles::verify(checkpoint, |path| files.get(&path.to_string()))
}

fn path(text: &str) -> TilePath {
    text.parse().unwrap()
}

#[test]
fn tiles_lead_to_the_root_for_every_shape_of_tree() {
    let all = tree(66_000);
    let sizes = (0..=20).chain([255, 256, 257, 300, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 65_792, 66_000]);
    for size in sizes {
        let (checkpoint, files) = export(&all, size);
        assert_eq!(verify(&checkpoint, &files), Ok(()), "{size}");
    }
}

#[test]
fn a_tree_of_70000_lies_as_the_specification_says() {
    let leaf = hash_leaf(b"");
    let mut tree = Tree::default();
    (0..70_000).for_each(|_| tree.append(leaf));
    let paths: Vec<TilePath> = tiles::hash_tiles(&tree, 70_000).map(|(path, _)| path).collect();
    let widths = |level| -> (usize, Vec<u64>) {
        let of_level = paths.iter().filter(|path| path.level() == Level::Hashes(level));
        let (full, partial): (Vec<u64>, Vec<u64>) = of_level.map(TilePath::width).partition(|width| *width == WIDTH);
        (full.len(), partial)
    };
    assert_eq!((widths(0), widths(1), widths(2)), ((273, vec![112]), (1, vec![17]), (0, vec![1])));
    assert_eq!(paths.len(), 273 + 1 + 1 + 1 + 1);
    assert_eq!(paths[273].to_string(), "tile/0/273.p/112");
    assert_eq!(tiles::bundles(70_000).last().map(|path| path.to_string()).as_deref(), Some("tile/entries/273.p/112"));

    let small: Vec<String> = tiles::hash_tiles(&tree, 256).map(|(path, _)| path.to_string()).collect();
    assert_eq!(small, ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(tiles::hash_tiles(&tree, 0).count(), 0);
    assert_eq!(tiles::hash_tiles(&tree, 70_001).count(), 0, "the tree has fewer leaves");
}

#[test]
fn a_tile_holds_the_hashes_over_the_full_tiles_below_it() {
    let tree = tree(600);
    let tiles: BTreeMap<String, Vec<u8>> =
        tiles::hash_tiles(&tree, 600).map(|(path, bytes)| (path.to_string(), bytes)).collect();
    assert_eq!(tiles["tile/0/001"].len(), 8192);
    assert_eq!(tiles["tile/0/002.p/88"][..32], hash_leaf(&entry(512)).0);
    assert_eq!(tiles["tile/1/000.p/2"].len(), 64);
    assert_eq!(tiles["tile/1/000.p/2"][..32], tree.root(256).unwrap().0);
}

#[test]
fn paths_are_written_and_read_in_one_form() {
    for text in ["tile/0/000", "tile/7/005.p/255", "tile/entries/x001/x234/067", "tile/1/x001/000.p/8"] {
        assert_eq!(path(text).to_string(), text);
    }
    let read = path("tile/entries/x001/x234/067.p/3");
    assert_eq!((read.level(), read.index(), read.width()), (Level::Entries, 1_234_067, 3));
    assert_eq!(read.places(), 1_234_067 * 256..1_234_067 * 256 + 3);
    let last = "tile/0/x018/x446/x744/x073/x709/x551/615";
    assert_eq!(path(last).index(), u64::MAX);
    for bad in [
        "",
        "tile/0",
        "tile/0/",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/1000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x01/002",
        "tile/0/+01",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/08",
        "tile/0/000.p/",
        "tile/0/000.p/1.p/1",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x001/x018/x446/x744/x073/x709/x551/615",
    ] {
        assert!(bad.parse::<TilePath>().is_err(), "accepted {bad}");
    }
}

#[test]
fn a_bundle_holds_exactly_its_entries() {
    let entries = [&b""[..], b"one", &[7; tiles::MAX_ENTRY_BYTES]];
    let bundle = tiles::entry_bundle(entries).unwrap();
    assert_eq!(bundle[..7], [0, 0, 0, 3, b'o', b'n', b'e']);
    assert_eq!(tiles::read_bundle(&bundle, 3).unwrap(), entries);
    assert_eq!(tiles::read_bundle(&bundle, 2), Err(NotABundle { entries: 2 }));
    assert_eq!(tiles::read_bundle(&bundle, 4), Err(NotABundle { entries: 3 }));
    assert_eq!(tiles::read_bundle(&bundle[..bundle.len() - 1], 3), Err(NotABundle { entries: 2 }));
    assert_eq!(tiles::read_bundle(&bundle[..1], 3), Err(NotABundle { entries: 0 }));
    assert_eq!(tiles::entry_bundle([vec![0; 65_536]]), Err(EntryTooLong { len: 65_536 }));
}

#[test]
fn says_which_file_and_which_entry_is_wrong() {
    let (checkpoint, good) = export(&tree(600), 600);
    let broken = |name: &str, change: fn(&mut Vec<u8>)| {
        let mut files = good.clone();
        change(files.get_mut(name).unwrap());
        verify(&checkpoint, &files).unwrap_err()
    };
    let missing = |name: &str| {
        let mut files = good.clone();
        files.remove(name).unwrap();
        verify(&checkpoint, &files).unwrap_err()
    };
    for name in good.keys() {
        assert_eq!(missing(name), TileError::Missing { path: path(name) });
    }
    let (bundle, bottom, top) = (path("tile/entries/001"), path("tile/0/001"), path("tile/1/000.p/2"));
    let flip_last: fn(&mut Vec<u8>) = |bytes| *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(broken("tile/entries/001", flip_last), TileError::Entry { path: bundle, index: 511 });
    let reason = NotABundle { entries: 255 };
    assert_eq!(
        broken("tile/entries/001", |bytes| bytes.truncate(bytes.len() - 1)),
        TileError::Bundle { path: bundle, reason }
    );
    assert_eq!(broken("tile/0/001", flip_last), TileError::Entry { path: bundle, index: 511 });
    assert_eq!(broken("tile/0/001", |bytes| bytes.push(0)), TileError::Length { path: bottom, len: 8193 });
    assert_eq!(broken("tile/0/001", |bytes| bytes.truncate(8160)), TileError::Length { path: bottom, len: 8160 });
    assert_eq!(broken("tile/1/000.p/2", flip_last), TileError::Hash { path: top, at: 1 });
    for shown in [missing("tile/0/001"), broken("tile/1/000.p/2", flip_last)] {
        assert!(shown.to_string().contains("tile/"), "{shown}");
    }
}

#[test]
fn an_export_of_another_tree_or_size_is_refused() {
    let (checkpoint, files) = export(&tree(600), 600);
    let other_root = Checkpoint { root: Hash::of(&[b"another"]), ..checkpoint.clone() };
    assert_eq!(verify(&other_root, &files), Err(TileError::Root));
    for size in [0, 1, 255, 256, 512, 599, 601, u64::MAX] {
        assert!(verify(&Checkpoint { size, ..checkpoint.clone() }, &files).is_err(), "{size}");
    }
    // An entry and its hash replaced together: all fits below, nothing above.
    let mut forged = files;
    let mut entries: Vec<Vec<u8>> = (0..256).map(entry).collect();
    entries[3] = b"forged".to_vec();
    forged.insert("tile/entries/000".into(), tiles::entry_bundle(&entries).unwrap());
    forged.get_mut("tile/0/000").unwrap()[96..128].copy_from_slice(&hash_leaf(b"forged").0);
    assert_eq!(verify(&checkpoint, &forged), Err(TileError::Hash { path: path("tile/1/000.p/2"), at: 0 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_flipped_bit_of_an_export_is_found(
        size in 1u64..900,
        file in any::<prop::sample::Index>(),
        bit in any::<prop::sample::Index>(),
    ) {
        let (checkpoint, mut files) = export(&tree(size), size);
        let at = file.index(files.len());
        let bytes = files.values_mut().nth(at).unwrap();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify(&checkpoint, &files).is_err());
    }

    #[test]
    fn every_place_has_one_path(index: u64, width in 1u64..=256, level in 0u8..=8) {
        let level = if level == 8 { "entries".to_string() } else { level.to_string() };
        let mut groups = vec![alloc::format!("{:03}", index % 1000)];
        let mut rest = index / 1000;
        while rest > 0 {
            groups.insert(0, alloc::format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        let part = if width < 256 { alloc::format!(".p/{width}") } else { String::new() };
        let text = alloc::format!("tile/{level}/{}{part}", groups.join("/"));
        let read: TilePath = text.parse().unwrap();
        prop_assert_eq!((read.to_string(), read.index(), read.width()), (text, index, width));
    }
}

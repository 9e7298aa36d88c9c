use assent_evidence::{BundleId, Edge, TileId, TilePathError};
use proptest::prelude::*;

#[test]
fn paths_are_those_of_the_specification() {
    let cases = [
        (TileId { level: 0, index: 0, width: 256 }, "tile/0/000"),
        (TileId { level: 1, index: 1_234_067, width: 256 }, "tile/1/x001/x234/067"),
        (TileId { level: 0, index: 273, width: 112 }, "tile/0/273.p/112"),
        (TileId { level: 2, index: 1000, width: 1 }, "tile/2/x001/000.p/1"),
    ];
    for (tile, path) in cases {
        assert_eq!(tile.path(), path);
        assert_eq!(TileId::parse_path(path), Ok(tile));
    }
    let bundle = BundleId { index: 1_234_067, width: 9 };
    assert_eq!(bundle.path(), "tile/entries/x001/x234/067.p/9");
    assert_eq!(BundleId::parse_path(&bundle.path()), Ok(bundle));
}

#[test]
fn a_tile_has_one_path_and_no_other() {
    let refused = [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/8/000",
        "tile/63/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/x001/x000",
        "tile/0/000/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/+00",
        "tile/0/x+01/000",
        "tile/0/000 ",
        "tile/x/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/7/001",
        "tile/0/\u{0661}\u{0661}\u{0661}",
    ];
    for path in refused {
        assert_eq!(TileId::parse_path(path), Err(TilePathError), "{path:?}");
        let bundle = path.replacen("tile/0/", "tile/entries/", 1);
        assert_eq!(BundleId::parse_path(&bundle), Err(TilePathError), "{bundle:?}");
    }
}

#[test]
fn a_tree_of_70000_has_the_tiles_that_the_specification_names() {
    let width = |level, index| TileId::of(level, index, 70_000).map(|tile| tile.width);
    assert_eq!((width(0, 272), width(0, 273), width(0, 274)), (Some(256), Some(112), None));
    assert_eq!((width(1, 0), width(1, 1), width(1, 2)), (Some(256), Some(17), None));
    assert_eq!((width(2, 0), width(2, 1), width(3, 0)), (Some(1), None, None));
    assert_eq!((TileId::of(255, 0, 70_000), TileId::of(0, u64::MAX, u64::MAX)), (None, None));
    assert_eq!(TileId::of(1, 0, 256).map(|tile| tile.width), Some(1));
    assert_eq!(BundleId::of(273, 70_000), Some(BundleId { index: 273, width: 112 }));
    let edge = TileId::of(1, 1, 70_000).unwrap().bottom_row();
    assert_eq!(edge, Edge { level: 1, first: 256, count: 17 });
}

proptest! {
    #[test]
    fn every_tile_is_found_again_by_its_path(level in 0_u8..8, leaf: u64, size in 1_u64..) {
        let leaf = leaf % size;
        let index = leaf.checked_shr((u32::from(level) + 1) * 8).unwrap_or(0);
        if let Some(tile) = TileId::of(level, index, size) {
            prop_assert_eq!(TileId::parse_path(&tile.path()), Ok(tile));
        }
        let bundle = BundleId::of(leaf / 256, size).unwrap();
        prop_assert_eq!(BundleId::parse_path(&bundle.path()), Ok(bundle));
    }
}

use image::{Rgb, RgbImage};

use super::colors::{INK, NOTHING, PAPER, color_at};
use super::*;

/// Columns of the sheet left of the first panel, for panels under 450 px.
const LEFT: u32 = 12;

fn decode(picture: &Picture) -> RgbImage {
    image::load_from_memory(&picture.bytes).unwrap().to_rgb8()
}

fn gray(size: Size, linear: f32) -> [Raster; 3] {
    [linear, 0.8 * linear, 0.7 * linear].map(|v| Raster::filled(size, v))
}

fn disk(size: Size, x: f32, y: f32, radius: f32) -> Raster {
    Raster::from_fn(size, |i, j| f32::from((i as f32 - x).hypot(j as f32 - y) < radius))
}

/// Pixels of a color, as columns and rows.
fn found(image: &RgbImage, color: Rgb<u8>) -> Vec<(u32, u32)> {
    image.enumerate_pixels().filter(|(_, _, p)| **p == color).map(|(x, y, _)| (x, y)).collect()
}

/// Longest run of ink in any row.
fn longest_ink(image: &RgbImage) -> u32 {
    let run = |y| {
        let row = (0..image.width()).map(|x| *image.get_pixel(x, y) == INK);
        row.fold(
            (0, 0),
            |(longest, run), ink| if ink { (longest.max(run + 1), run + 1) } else { (longest, 0) },
        )
        .0
    };
    (0..image.height()).map(run).max().unwrap()
}

struct Scene {
    before: [Raster; 3],
    after: [Raster; 3],
    region: Raster,
}

impl Scene {
    fn new(size: Size) -> Self {
        let region = Raster::filled(size, 1.0);
        Self { before: gray(size, 0.4), after: gray(size, 0.5), region }
    }

    fn canvas(&self) -> Canvas<'_> {
        Canvas { before: &self.before, after: Some(&self.after), region: &self.region, px_per_mm: Some(8.0) }
    }
}

fn plain(image: &RgbImage, x: u32, y: u32, size: Size) -> RgbImage {
    image::imageops::crop_imm(image, x, y, size.width, size.height).to_image()
}

#[test]
fn a_pair_has_two_panels_and_a_single_photograph_one() {
    let size = Size::new(400, 300);
    let scene = Scene::new(size);
    let both = decode(&pair(&scene.canvas()).unwrap());
    let one = decode(&pair(&Canvas { after: None, ..scene.canvas() }).unwrap());
    assert_eq!(both.width(), 2 * 400 + 12 + 2 * LEFT);
    assert_eq!(one.width(), 400 + 2 * LEFT);
    assert!(both.height() == one.height() && one.height() > 300 + 40);
    assert!(says(&both, "before") && says(&both, "after") && says(&one, "photograph"));
    let before = panel::photo(&scene.before);
    let after = panel::photo(&scene.after);
    assert!(found(&both, *before.get_pixel(0, 0)).len() > size.area() * 9 / 10);
    assert!(found(&both, *after.get_pixel(0, 0)).len() > size.area() * 9 / 10);
    assert!(found(&one, *after.get_pixel(0, 0)).is_empty());
}

#[test]
fn gray_light_is_encoded_as_srgb() {
    // 18 % gray is 118 of 255 (IEC 61966-2-1: 1.055 · 0.18^(1/2.4) − 0.055 = 0.4614).
    let size = Size::new(1, 1);
    let rgb = [0.18, 1.0, 0.002].map(|v| Raster::filled(size, v));
    assert_eq!(panel::photo(&rgb).get_pixel(0, 0), &Rgb([118, 255, 7]));
}

#[test]
fn a_map_has_the_color_of_its_value_on_the_bar() {
    let size = Size::new(300, 200);
    let scene = Scene::new(size);
    // 0 to 10 along x; a quarter of the way down the value 2.5 throughout.
    let value = |x: u32, y: u32| if y == 50 { 2.5 } else { 10.0 * x as f32 / 299.0 };
    let values = Raster::from_fn(size, value);
    let picture = MapPicture {
        name: "melanin",
        title: "Melanin",
        unit: "OD",
        before: &values,
        after: None,
        mask: &scene.region,
    };
    let picture = map(&Canvas { after: None, ..scene.canvas() }, &picture).unwrap();
    assert_eq!(picture.name, "melanin.png");
    let sheet = decode(&picture);
    // Title, label, panel, bar.
    let panel_top = 12 + 20 + 6 + 20 + 6;
    let bar_top = panel_top + size.height + 6;
    let known = sheet.get_pixel(LEFT + 100, panel_top + 50);
    let range = Range::of(values.data().iter().copied()).unwrap();
    assert!((range.low - 0.1).abs() < 1e-9 && (range.high - 9.9).abs() < 1e-9, "{range:?}");
    let column = LEFT + (range.place(2.5) * 299.0).round() as u32;
    let on_bar = sheet.get_pixel(column, bar_top + 7);
    let apart = (0..3).map(|c| known[c].abs_diff(on_bar[c])).max().unwrap();
    assert!(apart <= 2, "{known:?} on the panel, {on_bar:?} on the bar");
    assert_eq!(*known, color_at(SEQUENTIAL, range.place(2.5)));
}

#[test]
fn difference_is_white_at_zero_red_above_blue_below() {
    let size = Size::new(300, 90);
    let scene = Scene::new(size);
    let before = Raster::filled(size, 1.0);
    let after = Raster::from_fn(size, |_, y| [0.0, 1.0, 2.0][(y / 30) as usize]);
    let picture = MapPicture {
        name: "m",
        title: "M",
        unit: "",
        before: &before,
        after: Some(&after),
        mask: &scene.region,
    };
    let sheet = decode(&map(&scene.canvas(), &picture).unwrap());
    let x = LEFT + 2 * (300 + 12) + 100;
    let top = 12 + 20 + 6 + 20 + 6;
    assert_eq!(*sheet.get_pixel(x, top + 10), color_at(DIVERGING, 0.0));
    assert_eq!(*sheet.get_pixel(x, top + 45), color_at(DIVERGING, 0.5));
    assert_eq!(*sheet.get_pixel(x, top + 80), color_at(DIVERGING, 1.0));
    // Both visits share a scale: 1 before looks as 1 after.
    assert_eq!(sheet.get_pixel(LEFT + 100, top + 10), sheet.get_pixel(LEFT + 312 + 100, top + 45));
}

#[test]
fn outside_the_mask_the_photograph_is_gray() {
    let size = Size::new(300, 100);
    let scene = Scene::new(size);
    let values = Raster::from_fn(size, |x, _| if x == 20 { f32::NAN } else { x as f32 });
    let mask = disk(size, 50.0, 50.0, 40.0);
    let picture = MapPicture { name: "m", title: "M", unit: "", before: &values, after: None, mask: &mask };
    let sheet = decode(&map(&Canvas { after: None, ..scene.canvas() }, &picture).unwrap());
    let panel = plain(&sheet, LEFT, 64, size);
    for (x, y, p) in panel.enumerate_pixels() {
        let colored = p[0] != p[1] || p[1] != p[2];
        assert_eq!(colored, mask.at(x, y) > 0.5 && x != 20, "at {x}, {y}");
    }
}

#[test]
fn outlines_are_on_the_rim_only() {
    for (size, stroke) in [(Size::new(300, 200), 1), (Size::new(1000, 200), 3)] {
        let scene = Scene { region: Raster::filled(size, 0.0), ..Scene::new(size) };
        let inside = disk(size, 90.0, 100.0, 40.0);
        let o = OutlinePicture { name: "scars", title: "Scars", before: &inside, after: None, marks: &[] };
        let sheet = decode(&outlines(&scene.canvas(), &o).unwrap());
        let top = stroke * (12 + 20 + 6 + 20 + 6);
        let on_first = |x: u32| x < stroke * LEFT + size.width;
        let line: Vec<_> =
            found(&sheet, outline::COUNTED).into_iter().filter(|(x, _)| on_first(*x)).collect();
        for &(x, y) in &line {
            let radius = ((x - stroke * LEFT) as f32 - 90.0).hypot((y - top) as f32 - 100.0);
            assert!(radius < 40.0 && radius >= 39.0 - stroke as f32, "{radius}");
        }
        let around = std::f64::consts::TAU * 40.0 * f64::from(stroke);
        assert!(line.len() as f64 > 0.85 * around, "{} of {around}", line.len());
        // Without outlines of its own, after shows those of before.
        assert_eq!(found(&sheet, outline::COUNTED).len(), 2 * line.len());
    }
}

#[test]
fn the_scale_bar_is_as_long_as_it_says() {
    let size = Size::new(400, 100);
    let scene = Scene::new(size);
    // At most 35 % of 400 px: 10 mm at 8, 20 mm at 6.9, 0.5 mm at 250 px/mm.
    for (px_per_mm, length_mm) in [(8.0, 10.0), (6.9, 20.0), (250.0, 0.5), (2.0, 50.0)] {
        let sheet = decode(&pair(&Canvas { px_per_mm: Some(px_per_mm), ..scene.canvas() }).unwrap());
        assert_eq!(f64::from(longest_ink(&sheet)), (length_mm * px_per_mm).round(), "{px_per_mm} px/mm");
        let label = format!("{length_mm} mm");
        assert!(says(&sheet, &label), "{label} at {px_per_mm} px/mm");
    }
}

/// Whether the words stand somewhere on the sheet, letter for letter.
fn says(sheet: &RgbImage, words: &str) -> bool {
    let mut image = RgbImage::from_pixel(text::width(words, 1), text::LINE_HEIGHT, PAPER);
    text::write(&mut image, 0, 0, 1, words);
    let (width, height) = image.dimensions();
    let matches =
        |x: u32, y: u32| image.enumerate_pixels().all(|(i, j, p)| sheet.get_pixel(x + i, y + j) == p);
    (0..=sheet.height() - height).any(|y| (0..=sheet.width() - width).any(|x| matches(x, y)))
}

#[test]
fn an_unknown_scale_has_no_bar_and_no_length() {
    let scene = Scene::new(Size::new(400, 100));
    for px_per_mm in [None, Some(0.0), Some(f64::NAN), Some(f64::INFINITY)] {
        let sheet = decode(&pair(&Canvas { px_per_mm, ..scene.canvas() }).unwrap());
        assert!(says(&sheet, "scale unknown") && !says(&sheet, " mm"));
        assert!(longest_ink(&sheet) <= 20, "letters have no longer strokes");
    }
}

#[test]
fn labels_and_numbers_are_written() {
    let size = Size::new(300, 60);
    let scene = Scene::new(size);
    let values = Raster::from_fn(size, |x, _| if x < 150 { 0.0 } else { 0.1 });
    let picture = MapPicture {
        name: "m",
        title: "Shading",
        unit: "µm²",
        before: &values,
        after: Some(&values),
        mask: &scene.region,
    };
    let sheet = decode(&map(&scene.canvas(), &picture).unwrap());
    for words in ["Shading (µm²)", "before", "after - before", "0.05", "0.10 µm²", "-0.025", "+0.025 µm²"]
    {
        assert!(says(&sheet, words), "{words}");
    }
}

#[test]
fn nothing_valid_is_said_and_void_is_gray() {
    let size = Size::new(40, 30);
    let nan = Raster::filled(size, f32::NAN);
    let zero = Raster::filled(size, 0.0);
    let mut scene = Scene { region: zero.clone(), ..Scene::new(size) };
    scene.after = gray(size, 0.0);
    for (values, mask) in [(&nan, &scene.region), (&zero, &nan), (&nan, &nan), (&zero, &zero)] {
        let picture =
            MapPicture { name: "m", title: "M", unit: "", before: values, after: Some(values), mask };
        let sheet = decode(&map(&scene.canvas(), &picture).unwrap());
        assert!(says(&sheet, "no valid skin"));
        assert_eq!(found(&sheet, NOTHING).len(), size.area(), "after shows nothing");
    }
    let o = OutlinePicture { name: "o", title: "O", before: &nan, after: Some(&nan), marks: &[] };
    let canvas = Canvas { region: &nan, ..scene.canvas() };
    assert!(found(&decode(&outlines(&canvas, &o).unwrap()), outline::COUNTED).is_empty());
    pair(&canvas).unwrap();
    let nan_photo = [nan.clone(), nan.clone(), nan.clone()];
    pair(&Canvas { before: &nan_photo, ..scene.canvas() }).unwrap();
}

#[test]
fn odd_sizes_make_pictures() {
    for size in [(1, 1), (1, 900), (900, 1), (17, 33)].map(|(w, h)| Size::new(w, h)) {
        let scene = Scene::new(size);
        pair(&scene.canvas()).unwrap();
        let mask = &scene.region;
        let picture = MapPicture { name: "m", title: "M", unit: "", before: mask, after: Some(mask), mask };
        map(&scene.canvas(), &picture).unwrap();
    }
}

#[test]
fn planes_of_another_size_are_refused() {
    let scene = Scene::new(Size::new(40, 30));
    let small = Raster::filled(Size::new(40, 29), 1.0);
    let refused = pair(&Canvas { region: &small, ..scene.canvas() });
    assert_eq!(refused.unwrap_err().to_string(), "the region is 40x29, not 40x30 as the photograph");
    let o = OutlinePicture { name: "o", title: "O", before: &scene.region, after: Some(&small), marks: &[] };
    assert!(matches!(
        outlines(&scene.canvas(), &o),
        Err(PictureError::Size { plane: "the outlines after", .. })
    ));
    let none = Scene::new(Size::new(0, 9));
    assert!(matches!(pair(&none.canvas()), Err(PictureError::Empty(_))));
}

#[test]
fn the_same_planes_give_the_same_bytes_without_metadata() {
    let scene = Scene::new(Size::new(64, 48));
    let (first, second) = (pair(&scene.canvas()).unwrap(), pair(&scene.canvas()).unwrap());
    assert_eq!(first, second);
    for chunk in ["tEXt", "iTXt", "zTXt", "eXIf", "tIME", "pHYs"] {
        assert!(!first.bytes.windows(4).any(|w| w == chunk.as_bytes()), "{chunk}");
    }
}

#[test]
fn lesions_are_numbered_where_there_is_room_the_first_first() {
    let size = Size::new(400, 300);
    let scene = Scene::new(size);
    let nothing = Raster::filled(size, 0.0);
    let drawn = |marks: &[Mark]| {
        let canvas = Canvas { after: None, region: &nothing, ..scene.canvas() };
        let o = OutlinePicture { name: "o", title: "O", before: &nothing, after: None, marks };
        decode(&outlines(&canvas, &o).unwrap())
    };
    let mark = |number, x: f64, y: f64| Mark { number, center: (x, y), radius: 10.0 };
    let ink = |marks: &[Mark]| found(&drawn(marks), outline::COUNTED);
    // Right of its lesion, level with the center.
    let one = ink(&[mark(7, 100.0, 150.0)]);
    let top = 12 + 20 + 6 + 20 + 6;
    assert!(!one.is_empty());
    for (x, y) in &one {
        assert!((113..124).contains(&(x - LEFT)) && (140..160).contains(&(y - top)), "{x}, {y}");
    }
    // Within an outline that is large enough, it stands in the middle.
    let large = disk(size, 100.0, 150.0, 40.0);
    let o = OutlinePicture {
        name: "o",
        title: "O",
        before: &large,
        after: None,
        marks: &[Mark { radius: 40.0, ..mark(7, 100.0, 150.0) }],
    };
    let canvas = Canvas { after: None, region: &nothing, ..scene.canvas() };
    let inner = found(&decode(&outlines(&canvas, &o).unwrap()), outline::COUNTED);
    let middle = |(x, y): &&(u32, u32)| (x - LEFT).abs_diff(100) < 6 && (y - top).abs_diff(150) < 10;
    assert_eq!(inner.iter().filter(middle).count(), one.len());
    // At the right edge it stands left of it.
    let at_edge = ink(&[mark(7, 390.0, 150.0)]);
    assert!(at_edge.len() == one.len() && at_edge.iter().all(|(x, _)| x - LEFT < 380));
    // Many in one place: as many as there is room for, and the first is among them.
    let crowd: Vec<Mark> = (1..=40).map(|n| mark(n, 100.0, 150.0)).collect();
    let shown = ink(&crowd);
    assert!(shown.len() > one.len() && shown.len() < 8 * one.len());
    let first = ink(&crowd[..1]);
    assert!(!first.is_empty() && first.iter().all(|place| shown.contains(place)));
}

//! The scanned head: a mesh from a binary glTF file, and its two pictures.

use std::path::Path;

use image::RgbImage;
use serde_json::Value;

/// A triangle mesh with normals and texture coordinates at its points, in the units of the file.
///
/// The head looks along +z, its right is at −x, up is +y.
pub struct Scan {
    pub points: Vec<[f32; 3]>,
    pub normals: Vec<[f32; 3]>,
    /// Texture coordinates, both 0–1. Row 0 of a picture lies at `v` = 1.
    pub places: Vec<[f32; 2]>,
    pub triangles: Vec<[u16; 3]>,
    /// Color of the skin, sRGB.
    pub color: RgbImage,
    /// Normals in the frame of the texture.
    pub relief: RgbImage,
}

impl Scan {
    /// Infinite, 3D Head Scan by Lee Perry-Smith (www.triplegangers.com), CC BY 3.0.
    pub fn read(data: &Path) -> Self {
        let folder = data.join("relief/LeePerrySmith");
        let file = std::fs::read(folder.join("LeePerrySmith_full_threejs.glb")).unwrap();
        let [json, binary] = chunks(&file);
        let file: Value = serde_json::from_slice(json).unwrap();
        let primitive = &file["meshes"][0]["primitives"][0];
        let values = |accessor: &Value| bytes(&file, binary, accessor);
        let attribute = |name: &str| floats(values(&primitive["attributes"][name]));
        let picture = |name: &str| image::open(folder.join(name)).unwrap().into_rgb8();
        let indices = values(&primitive["indices"]).as_chunks::<2>().0.iter().map(|b| u16::from_le_bytes(*b));
        Self {
            points: attribute("POSITION").as_chunks().0.to_vec(),
            normals: attribute("NORMAL").as_chunks().0.to_vec(),
            places: attribute("TEXCOORD_0").as_chunks().0.to_vec(),
            triangles: indices.collect::<Vec<_>>().as_chunks().0.to_vec(),
            color: picture("color.jpg"),
            relief: picture("normal.jpg"),
        }
    }
}

/// The two chunks of a binary glTF file: JSON and numbers.
fn chunks(file: &[u8]) -> [&[u8]; 2] {
    assert_eq!(&file[..4], b"glTF");
    let length = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let json = &file[20..20 + length(12)];
    let second = 20 + json.len();
    assert_eq!(&file[second + 4..second + 8], b"BIN\0");
    [json, &file[second + 8..][..length(second)]]
}

/// The numbers of an accessor, which the file holds without gaps.
fn bytes<'b>(file: &Value, binary: &'b [u8], accessor: &Value) -> &'b [u8] {
    let whole = |value: &Value| value.as_u64().unwrap_or(0) as usize;
    let accessor = &file["accessors"][whole(accessor)];
    let view = &file["bufferViews"][whole(&accessor["bufferView"])];
    assert!(view["byteStride"].is_null() && accessor["byteOffset"].is_null());
    let numbers = match accessor["type"].as_str() {
        Some("SCALAR") => 1,
        Some("VEC2") => 2,
        Some("VEC3") => 3,
        other => panic!("{other:?}"),
    };
    let width = match accessor["componentType"].as_u64() {
        Some(5123) => 2,
        Some(5126) => 4,
        other => panic!("{other:?}"),
    };
    &binary[whole(&view["byteOffset"])..][..whole(&accessor["count"]) * numbers * width]
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

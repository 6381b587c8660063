//! Images as bytes, for code that is compiled long before it runs: the library's own. Texts are not stored; whoever decodes has them.

use super::ModuleImage;
use crate::bytecode::OPS;
use crate::heap::hash_bytes;
use lang::source::Source;
use std::sync::Arc;

/// Counts changes of what an image consists of.
const FORMAT: u32 = 2;

/// What an image in bytes begins with: it fits one text, one table of opcodes and one format only.
fn stamp(source: &Source) -> [u8; 8] {
    let table = OPS.iter().fold(OPS.len() as u32 ^ FORMAT << 16, |hash, op| {
        hash.rotate_left(5) ^ hash_bytes(op.name.as_bytes()) ^ op.extra.len() as u32
    });
    let mut stamp = [0; 8];
    stamp[..4].copy_from_slice(&hash_bytes(source.text().as_bytes()).to_le_bytes());
    stamp[4..].copy_from_slice(&table.to_le_bytes());
    stamp
}

/// The image as bytes.
///
/// # Panics
/// Never: every part of an image can be written.
pub fn encode(image: &ModuleImage) -> Vec<u8> {
    let mut bytes = stamp(&image.source).to_vec();
    bytes.extend(postcard::to_allocvec(image).expect("images consist of numbers, texts and lists"));
    bytes
}

/// The image that [`encode`] made from this text; `None` if the bytes belong to another text or another version of the engine, or are
/// damaged. The code in it is not verified yet.
pub fn decode(bytes: &[u8], source: &Source) -> Option<ModuleImage> {
    let body = bytes.strip_prefix(&stamp(source))?;
    let mut image: ModuleImage = postcard::from_bytes(body).ok()?;
    image.source = source.clone();
    for proto in &mut image.protos {
        Arc::get_mut(proto)?.source = source.clone();
    }
    Some(image)
}

/// Stands in until the source is known.
pub(super) fn no_source() -> Source {
    Source::new("", "")
}

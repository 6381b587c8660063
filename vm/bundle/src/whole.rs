//! Whether a file is a shared library of this system, and all of it: what is cut off would end the process when it is used, not when it is opened.

use vm::object::BundleProblem;

/// # Errors
/// If it is something else, or a part of one.
pub(crate) fn check(path: &str, content: &[u8]) -> Result<(), BundleProblem> {
    let is_library = if cfg!(windows) {
        content.starts_with(b"MZ")
    } else if cfg!(target_vendor = "apple") {
        let magics: [[u8; 4]; 4] =
            [[0xcf, 0xfa, 0xed, 0xfe], [0xce, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe], [0xca, 0xfe, 0xba, 0xbf]];
        magics.iter().any(|magic| content.starts_with(magic))
    } else {
        content.starts_with(b"\x7fELF")
    };
    if !is_library {
        let message = format!("`{path}` is no shared library of this system");
        return Err(BundleProblem::new(message, "build it, on this system and for it"));
    }
    // The loaders of the other systems look themselves.
    let is_elf = content.starts_with(b"\x7fELF");
    match elf_size(content) {
        Some(size) if !is_elf || size <= content.len() as u64 => Ok(()),
        None if !is_elf => Ok(()),
        size => {
            let least = size.map_or(String::new(), |size| format!(" of at least {size}"));
            let message = format!("`{path}` is cut off: it has {}{least} bytes", content.len());
            Err(BundleProblem::new(message, "build it again; it is loaded when all of it is there"))
        }
    }
}

/// How many bytes an ELF file has at least; `None` if not even that can be read.
fn elf_size(content: &[u8]) -> Option<u64> {
    let is_wide = *content.get(4)? == 2;
    let is_little = *content.get(5)? == 1;
    let number = |at: u64, bytes: usize| -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let field = content.get(at..at.checked_add(bytes)?)?.iter();
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if is_little { field.rev().fold(0, push) } else { field.fold(0, push) })
    };
    let word = if is_wide { 8 } else { 4 };
    let (segments, sections) = if is_wide { (number(32, 8)?, number(40, 8)?) } else { (number(28, 4)?, number(32, 4)?) };
    let sizes = if is_wide { 54 } else { 42 };
    let (segment_size, segment_count) = (number(sizes, 2)?, number(sizes + 2, 2)?);
    let (section_size, section_count) = (number(sizes + 4, 2)?, number(sizes + 6, 2)?);
    let mut size = sections.checked_add(section_size.checked_mul(section_count)?)?;
    for i in 0..segment_count {
        let at = segments.checked_add(segment_size.checked_mul(i)?)?;
        let (offset, length) = if is_wide { (at + 8, at + 32) } else { (at + 4, at + 16) };
        size = size.max(number(offset, word)?.checked_add(number(length, word)?)?);
    }
    Some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_cut_off_libraries_are_refused() {
        let refused = |content: &[u8]| check("a.so", content).expect_err("it is no library").message;
        assert!(refused(b"fn f() { 1 }").contains("is no shared library"));
        assert!(refused(b"").contains("is no shared library"));
        if cfg!(all(unix, not(target_vendor = "apple"))) {
            assert!(refused(b"\x7fELF\x02\x01\x01").contains("cut off"));
            let own = std::fs::read(std::env::current_exe().expect("the test has a file")).expect("it can be read");
            assert!(check("a.so", &own).is_ok());
            assert!(refused(&own[..own.len() / 2]).contains("cut off"));
        }
    }
}

//! What a client shows to be let in: 256 random bits, which only a file of the user has.

use std::io;

/// Bytes of a token.
const BYTES: usize = 32;

/// A token, as it is written: hexadecimal digits.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// A new one.
    pub(super) fn random() -> io::Result<Token> {
        let bytes = random_bytes()?;
        Ok(Token(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether this text is the token. The time this takes tells nothing of how much of it is right.
    pub(super) fn is(&self, text: &str) -> bool {
        let differing = self.0.bytes().zip(text.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b));
        text.len() == self.0.len() && std::hint::black_box(differing) == 0
    }
}

/// Bytes of the system's generator.
#[cfg(unix)]
fn random_bytes() -> io::Result<[u8; BYTES]> {
    use std::io::Read;
    let mut bytes = [0; BYTES];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The standard library has no random bytes. The keys of its hash tables are: 128 bits, which the system gives to each new thread. Those of
/// two threads are 256, and SipHash does not give them away.
#[cfg(not(unix))]
fn random_bytes() -> io::Result<[u8; BYTES]> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut bytes = [0; BYTES];
    for half in bytes.chunks_mut(BYTES / 2) {
        let words = std::thread::Builder::new().spawn(|| {
            let state = RandomState::new();
            [0_u64, 1].map(|word| {
                let mut hasher = state.build_hasher();
                hasher.write_u64(word);
                hasher.finish()
            })
        })?;
        let words = words.join().map_err(|_| io::Error::other("a thread that makes random bits has failed"))?;
        for (at, word) in half.chunks_mut(8).zip(words) {
            at.copy_from_slice(&word.to_ne_bytes());
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_right() {
        let token = Token::random().expect("the system has random bytes");
        assert_eq!(token.text().len(), 2 * BYTES);
        assert!(token.is(token.text()));
        assert!(!token.is(""));
        assert!(!token.is(&token.text()[1..]));
        assert!(!token.is(&format!("{}0", token.text())));
        assert!(!token.is(Token::random().expect("the system has random bytes").text()));
    }
}

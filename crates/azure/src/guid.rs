//! GUIDs: which texts are one, and a fresh one for `x-ms-request-id`.

use std::hash::{DefaultHasher, Hash, Hasher};

use wire::Request;

/// The lengths of a GUID's groups of hexadecimal digits.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// `text` in lower case if it is a dashed GUID; any other text is nobody's id.
pub(crate) fn parse(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let is_hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let fits = groups.iter().map(|group| group.len()).eq(GROUPS) && groups.iter().all(|group| is_hex(group));
    fits.then(|| text.to_ascii_lowercase())
}

/// An id for the answer to `request`, drawn from all that the request carries. It is as fresh as the request is: the server
/// stamps each with its time and an id of its own.
pub(crate) fn of(request: &Request) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, request.received_ms, &request.path, &request.query, &request.headers, &request.body).hash(&mut hasher);
        hasher.finish()
    };
    // Version 8 of RFC 9562: a layout of our own making, in the standard's dress.
    let (high, low) = (half(0) & !0xf000 | 0x8000, half(1) >> 2 | 1 << 63);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::get;

    #[test]
    fn only_dashed_guids_are_ids() {
        let id = "019aa6b0-1c52-7cc3-98c4-dc0c0c07398f";
        assert_eq!(parse(id).as_deref(), Some(id));
        assert_eq!(parse(&id.to_uppercase()).as_deref(), Some(id));
        for other in ["json", "", "019aa6b01c527cc398c4dc0c0c07398f", "019aa6b0-1c52-7cc3-98c4-dc0c0c07398g", "----"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_request_has_one_id_and_the_next_another() {
        let first = get("/route/directions/json", "api-version=1.0");
        let later = Request { received_ms: first.received_ms + 1, ..first.clone() };
        assert_eq!(of(&first), of(&first));
        assert_ne!(of(&first), of(&later));
        assert_eq!(parse(&of(&first)), Some(of(&first)));
    }
}

use super::*;

// Made with `ssh-keygen`; the hashed lines with `ssh-keygen -H`.
const ONE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEhTgwLU0vMWjLPpQPhgaMcfCgGQS24rqRKGTNFcZoRW";
const TWO: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUFUcnPH+5nxMyIqKTi+hGc4WHgl4ARObn8z/7j0N8S";

fn key(text: &str) -> PublicKey {
    PublicKey::from_openssh(text).unwrap()
}

fn verdict(file: &str, host: &str, port: u16) -> Result<(), String> {
    KnownHosts::parse(file.as_bytes()).unwrap().check_key(host, port, &key(ONE))
}

#[test]
fn names_ports_patterns_and_lists_are_matched() {
    for (hosts, host, port, expected) in [
        ("example.com", "example.com", 22, true),
        ("EXAMPLE.com", "example.com", 22, true),
        ("example.com", "example.com", 2222, false),
        ("[example.com]:2222", "example.com", 2222, true),
        ("[example.com]:2222", "example.com", 22, false),
        ("[example.com]", "example.com", 22, true),
        ("other.com,example.com,192.0.2.1", "example.com", 22, true),
        ("*.example.com", "git.example.com", 22, true),
        ("*.example.com", "example.com", 22, false),
        ("git?.example.com", "git1.example.com", 22, true),
        ("*", "anything", 22, true),
        ("*.example.com,!evil.example.com", "evil.example.com", 22, false),
        ("*.example.com,!evil.example.com", "good.example.com", 22, true),
        ("!example.com", "other.com", 22, false),
        ("[::1]:2222", "::1", 2222, true),
    ] {
        assert_eq!(
            verdict(&format!("{hosts} {ONE} comment"), host, port).is_ok(),
            expected,
            "{hosts} {host}:{port}"
        );
    }
}

#[test]
fn every_key_of_a_host_counts() {
    assert_eq!(verdict(&format!("# hosts\n\nh {TWO}\nh {ONE}\n"), "h", 22), Ok(()));
}

#[test]
fn hashed_names_are_found() {
    // HMAC-SHA1 of "git.example.com" with the salt "saltsaltsaltsaltsalt".
    let salt = b"saltsaltsaltsaltsalt";
    use russh::keys::ssh_encoding::base64::{Base64, Encoding as _};
    let hash = Base64::encode_string(&hmac_sha1(salt, b"[git.example.com]:2222").unwrap());
    let line = format!("|1|{}|{hash} {ONE}", Base64::encode_string(salt));
    assert_eq!(verdict(&line, "git.example.com", 2222), Ok(()));
    assert!(verdict(&line, "git.example.com", 22).is_err());
}

#[test]
fn the_keyed_hash_is_the_one_of_the_standard() {
    // RFC 2202, test cases 2 and 6.
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hash = hmac_sha1(b"Jefe", b"what do ya want for nothing?").unwrap();
    assert_eq!(hex(hash), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    let hash =
        hmac_sha1(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First").unwrap();
    assert_eq!(hex(hash), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

#[test]
fn what_is_unknown_changed_or_revoked_is_said() {
    let says = |file: &str, words: &str| {
        let reason = verdict(file, "h", 22).unwrap_err();
        assert!(reason.contains(words) && reason.contains("SHA256:"), "{reason}");
    };
    says("", "known_hosts has no key for h");
    says(&format!("other {ONE}"), "known_hosts has no key for h");
    says(&format!("h {TWO}"), "known_hosts does not have for it");
    says(&format!("h {ONE}\n@revoked * {ONE}"), "known_hosts revokes");
    says(&format!("@cert-authority h {ONE}"), "known_hosts has no key for h");
}

#[test]
fn a_line_that_cannot_be_read_is_an_error() {
    for line in [
        "h",
        "h ssh-ed25519",
        "h ssh-ed25519 AAAA",
        "@unknown h ssh-ed25519 AAAA",
        "|1|x ssh-ed25519 AAAA",
        "[h]x ssh-ed25519 AAAA",
    ] {
        let error = KnownHosts::parse(format!("# first\n{line}\n").as_bytes()).unwrap_err();
        assert_eq!(error, "line 2 of known_hosts cannot be read", "{line}");
    }
    assert!(KnownHosts::parse(&[0xff]).is_err());
}

#[test]
fn known_kinds_of_key_come_first_and_in_our_order() {
    let all = [
        Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
        Algorithm::Rsa { hash: None },
        Algorithm::Ed25519,
    ];
    let hosts = KnownHosts::parse(format!("h {ONE}").as_bytes()).unwrap();
    assert_eq!(hosts.preferred("h", 22, &all), [all[2].clone(), all[0].clone(), all[1].clone()]);
    assert_eq!(hosts.preferred("other", 22, &all), all);
}

#[test]
fn wildcards_take_no_exponential_time() {
    assert!(!wildcard(&b"*a".repeat(1000), &b"a".repeat(999)));
    assert!(wildcard(b"**", b""));
    assert!(!wildcard(b"?", b""));
}

#[test]
fn no_file_makes_it_panic() {
    let seed =
        format!("|1|c2FsdA==|aGFzaA== {ONE}\n@cert-authority *.h,!x {TWO} c\n[h]:22,a?b {ONE}\n");
    let mut random = 7_u64;
    for _ in 0..500 {
        let mut bytes = seed.clone().into_bytes();
        for _ in 0..3 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (random >> 33) as usize % bytes.len();
            bytes[at] = (random >> 56) as u8;
        }
        if let Ok(hosts) = KnownHosts::parse(&bytes) {
            drop(hosts.check_key("h", 22, &key(ONE)));
            drop(hosts.preferred("x.h", 22, &[Algorithm::Ed25519]));
        }
    }
}

//! Whatever a server says: an answer or an error, in bounded memory, and no panic.

use tokio::sync::mpsc;

use super::fetch::{Depth, receive};
use super::greeting::{Greeting, Version};
use super::line::Lines;
use super::listing::Listing;

const ID: &str = "a0c14dc8580a23f79bc654faa79c4f62b46c2c22";

/// Lines with their lengths; an empty one is a flush, `|` alone a delimiter.
fn lines(texts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for text in texts {
        match *text {
            "" => out.extend_from_slice(super::line::FLUSH),
            "|" => out.extend_from_slice(super::line::DELIMITER),
            text => super::line::write(&mut out, text),
        }
    }
    out
}

fn reading(bytes: Vec<u8>) -> Lines {
    Lines::new(Box::new(std::io::Cursor::new(bytes)))
}

async fn greeting(bytes: Vec<u8>) -> std::io::Result<Greeting> {
    Greeting::read(&mut reading(bytes), 3).await
}

#[tokio::test]
async fn servers_of_every_age_are_understood() {
    let two = lines(&[
        "version 2\n",
        "agent=x\n",
        "ls-refs=unborn\n",
        "fetch=shallow filter\n",
        "object-format=sha256\n",
        "",
    ]);
    let two = greeting(two).await.unwrap();
    assert!(matches!(two.version, Version::Two) && two.command_offers("fetch", "shallow"));
    assert_eq!(two.algorithm.to_string(), "sha256");

    let first = format!("{ID} HEAD\0shallow agent=x symref=HEAD:refs/heads/main\n");
    let (main, tag, peeled) = (
        format!("{ID} refs/heads/main\n"),
        format!("{ID} refs/tags/v1\n"),
        format!("{ID} refs/tags/v1^{{}}\n"),
    );
    for before in [&[][..], &["version 1\n"]] {
        let zero =
            greeting(lines(&[before, &[&first, &main, &tag, &peeled, ""]].concat())).await.unwrap();
        let Version::Zero(listing) = zero.version else { panic!("not an old one") };
        let refs = listing.only(&[]);
        assert_eq!(refs[0].target.as_deref(), Some("refs/heads/main"));
        assert_eq!(refs[2].peeled, Some(refs[2].id));
    }
    let empty = greeting(lines(&[&format!("{} capabilities^{{}}\0shallow\n", "0".repeat(40)), ""]))
        .await
        .unwrap();
    let Version::Zero(listing) = empty.version else { panic!("not an old one") };
    assert_eq!(listing.only(&[]), []);
}

#[tokio::test]
async fn more_references_than_allowed_are_an_error() {
    let line = format!("{ID} refs/heads/a\n");
    let error =
        Listing::read(&mut reading(lines(&[&line, &line, &line, &line, ""])), 3).await.unwrap_err();
    assert_eq!(error.to_string(), "more than 3 references");
}

#[tokio::test]
async fn the_pack_is_taken_out_of_what_is_around_it() {
    let two = greeting(lines(&["version 2\n", "fetch=shallow\n", ""])).await.unwrap();
    let shallow = format!("shallow {ID}\n");
    let answer = lines(&[
        "shallow-info\n",
        &shallow,
        "|",
        "packfile\n",
        "\u{2}progress\n",
        "\u{1}PA",
        "\u{1}CK",
        "\u{2}done\n",
        "",
    ]);
    let (sender, mut receiver) = mpsc::channel(9);
    let cut = receive(&mut reading(answer), &two, Depth::One, sender).await.unwrap();
    assert_eq!(cut[0].to_string(), ID);
    let mut pack = Vec::new();
    while let Some(bytes) = receiver.recv().await {
        pack.extend_from_slice(&bytes);
    }
    assert_eq!(pack, b"PACK");

    let fatal = lines(&["packfile\n", "\u{3}out of memory\n"]);
    let error =
        receive(&mut reading(fatal), &two, Depth::One, mpsc::channel(9).0).await.unwrap_err();
    assert_eq!(error.to_string(), "out of memory");
}

/// Feeds `bytes` to everything that reads what a server sends.
async fn fuzz(bytes: &[u8]) {
    let two = greeting(lines(&["version 2\n", ""])).await.unwrap();
    let zero =
        greeting(lines(&[&format!("{ID} HEAD\0side-band-64k shallow\n"), ""])).await.unwrap();
    drop(greeting(bytes.to_vec()).await);
    drop(Listing::read(&mut reading(bytes.to_vec()), 3).await);
    for greeting in [two, zero] {
        let (sender, mut receiver) = mpsc::channel(1);
        tokio::spawn(async move { while receiver.recv().await.is_some() {} });
        drop(receive(&mut reading(bytes.to_vec()), &greeting, Depth::One, sender).await);
    }
}

#[tokio::test]
async fn no_bytes_make_it_panic() {
    let listing = format!("{ID} refs/tags/v1 peeled:{ID}\n");
    let shallow = format!("shallow {ID}\n");
    let seeds = [
        lines(&["version 2\n", "fetch=shallow\n", "object-format=sha1\n", ""]),
        lines(&[
            &format!("{ID} HEAD\0shallow symref=HEAD:x\n"),
            &format!("{ID} refs/tags/a^{{}}\n"),
            "",
        ]),
        lines(&[
            &listing,
            &format!("{ID} HEAD symref-target:refs/heads/main\n"),
            "unborn HEAD\n",
            "",
        ]),
        lines(&["shallow-info\n", &shallow, "|", "packfile\n", "\u{1}PACK", "\u{2}x", ""]),
        lines(&[&shallow, "", "NAK\n", &format!("ACK {ID}\n"), "\u{1}PACK", ""]),
    ];
    let cases =
        std::env::var("GOTK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for case in 0..cases {
        let mut bytes = seeds[case % seeds.len()].clone();
        for _ in 0..=case % 3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let at = (random >> 20) as usize % bytes.len();
            match random % 5 {
                0 => bytes.truncate(at.max(1)),
                1 => bytes.insert(at, (random >> 50) as u8),
                _ => bytes[at] = (random >> 40) as u8,
            }
        }
        fuzz(&bytes).await;
    }
}

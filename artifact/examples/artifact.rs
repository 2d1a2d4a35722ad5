//! Packs, unpacks, names and lists artifacts.
//!
//! `cargo run -p gotk-artifact --example artifact -- pack FOLDER ARCHIVE`

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use gotk_artifact::{
    Algorithm, Digest, Hasher, IgnoreRules, Kind, Links, PackOptions, Tree, UnpackOptions, pack,
    unpack, unpack_to_folder,
};

const USAGE: &str = "\
usage: artifact pack FOLDER ARCHIVE [--ignore RULES] [--algorithm NAME] [--threads N]
       artifact unpack ARCHIVE FOLDER [--digest DIGEST] [--links skip|keep|refuse] [--limit-bytes N]
       artifact digest ARCHIVE|FOLDER [--algorithm NAME]
       artifact ls ARCHIVE|FOLDER [PATH]
       ARCHIVE may be - for standard input or output";

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match Arguments::read(&words).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {}", chain(&*failure));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments<'_>) -> Result<(), Failure> {
    match arguments.words.as_slice() {
        ["pack", folder, archive] => pack_folder(folder, archive, arguments),
        ["unpack", archive, folder] => unpack_archive(archive, folder, arguments),
        ["digest", path] => print_digest(path, arguments),
        ["ls", path] => list(path, "", arguments),
        ["ls", path, inside] => list(path, inside, arguments),
        _ => Err(USAGE.into()),
    }
}

fn pack_folder(folder: &str, archive: &str, arguments: &Arguments<'_>) -> Result<(), Failure> {
    arguments.allow(&["--ignore", "--algorithm", "--threads"])?;
    let tree = Tree::directory(folder)?;
    let rules = IgnoreRules::of_tree(&tree, arguments.get("--ignore"))?;
    let mut options = PackOptions::default().ignore(rules).algorithm(arguments.algorithm()?);
    if let Some(threads) = arguments.get("--threads") {
        options = options.threads(threads.parse()?);
    }
    if archive == "-" {
        let packed = pack(&tree, io::stdout().lock(), &options)?;
        writeln!(io::stderr(), "{} {} bytes", packed.digest, packed.size)?;
        return Ok(());
    }
    let packed = pack(&tree, BufWriter::new(File::create(archive)?), &options)?;
    say(format_args!("{} {} bytes", packed.digest, packed.size))
}

fn unpack_archive(archive: &str, folder: &str, arguments: &Arguments<'_>) -> Result<(), Failure> {
    arguments.allow(&["--digest", "--links", "--limit-bytes"])?;
    let digest = match arguments.get("--digest") {
        Some(text) => text.parse()?,
        None if archive == "-" => return Err("standard input needs --digest".into()),
        None => digest_of(archive, Algorithm::default())?,
    };
    let options = arguments.unpack_options()?;
    let tree = match archive {
        "-" => unpack_to_folder(io::stdin().lock(), &digest, folder, &options)?,
        path => unpack_to_folder(File::open(path)?, &digest, folder, &options)?,
    };
    let entries = tree.walk().count() - 1;
    say(format_args!("{folder}: {entries} entries, tree {}", tree.digest()?))
}

fn print_digest(path: &str, arguments: &Arguments<'_>) -> Result<(), Failure> {
    arguments.allow(&["--algorithm"])?;
    if Path::new(path).is_dir() {
        return say(format_args!("{}", Tree::directory(path)?.digest()?));
    }
    say(format_args!("{}", digest_of(path, arguments.algorithm()?)?))
}

fn list(path: &str, inside: &str, arguments: &Arguments<'_>) -> Result<(), Failure> {
    arguments.allow(&["--links", "--limit-bytes"])?;
    let tree = if Path::new(path).is_dir() {
        Tree::directory(path)?
    } else {
        let digest = digest_of(path, Algorithm::default())?;
        unpack(File::open(path)?, &digest, &arguments.unpack_options()?)?
    };
    let tree = tree.at(inside)?;
    for walked in tree.walk().skip(1) {
        let walked = walked?;
        match walked.kind {
            Kind::Directory => say(format_args!("{:>10}  {}/", "", walked.path))?,
            Kind::Link => {
                let target = tree.link(&walked.path)?;
                let target = String::from_utf8_lossy(&target);
                say(format_args!("{:>10}  {} -> {target}", "", walked.path))?;
            }
            _ => {
                let file = tree.metadata(&walked.path)?;
                let mark = if file.executable { "*" } else { "" };
                say(format_args!("{:>10}  {}{mark}", file.size, walked.path))?;
            }
        }
    }
    Ok(())
}

fn digest_of(archive: &str, algorithm: Algorithm) -> Result<Digest, Failure> {
    let mut hasher = Hasher::new(algorithm)?;
    let mut reader = BufReader::new(File::open(archive)?);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hasher.finish()[0]),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Words, and options with a value each.
struct Arguments<'a> {
    words: Vec<&'a str>,
    options: Vec<(&'a str, &'a str)>,
}

impl<'a> Arguments<'a> {
    fn read(arguments: &'a [String]) -> Result<Self, Failure> {
        let (mut words, mut options) = (Vec::new(), Vec::new());
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            if !argument.starts_with("--") {
                words.push(argument);
                continue;
            }
            let value = arguments.next();
            options.push((
                argument,
                value.ok_or_else(|| format!("{argument} needs a value\n{USAGE}"))?,
            ));
        }
        Ok(Self { words, options })
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.options.iter().rev().find(|(option, _)| *option == name).map(|&(_, value)| value)
    }

    fn allow(&self, names: &[&str]) -> Result<(), Failure> {
        match self.options.iter().find(|(option, _)| !names.contains(option)) {
            Some((option, _)) => Err(format!("{option} is not known here\n{USAGE}").into()),
            None => Ok(()),
        }
    }

    fn algorithm(&self) -> Result<Algorithm, Failure> {
        Ok(self.get("--algorithm").map(str::parse).transpose()?.unwrap_or_default())
    }

    fn unpack_options(&self) -> Result<UnpackOptions, Failure> {
        let mut options = UnpackOptions::default();
        if let Some(limit) = self.get("--limit-bytes") {
            options = options.limit_bytes(limit.parse()?);
        }
        let links = match self.get("--links") {
            None | Some("skip") => Links::Skip,
            Some("keep") => Links::Keep,
            Some("refuse") => Links::Refuse,
            Some(other) => {
                return Err(format!("--links {other} is not skip, keep or refuse").into());
            }
        };
        Ok(options.links(links))
    }
}

/// An error and everything beneath it on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn say(line: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

use super::*;

fn merged(dest: &str, patch: &str) -> Result<serde_json::Value, String> {
    let mut dest = Node::parse_all(dest).unwrap().remove(0);
    let patch = Node::parse_all(patch).unwrap().remove(0);
    match merge(&mut dest, &patch, &Schema::builtin())? {
        true => dest.to_value(),
        false => Ok(serde_json::Value::Null),
    }
}

/// What the program that Flux builds with answered, one case a line of `{dest, patch, out | err}`.
#[test]
fn as_the_original() {
    let Ok(path) = std::env::var("MERGE_CASES") else { return };
    let (mut all, mut same) = (0, 0);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let (dest, patch) = (case["dest"].as_str().unwrap(), case["patch"].as_str().unwrap());
        let ours = merged(dest, patch);
        let fits = match case.get("out") {
            Some(out) => ours.as_ref() == Ok(out),
            None => ours.is_err(),
        };
        all += 1;
        same += usize::from(fits);
        if !fits && all - same < 12 {
            println!(
                "--- dest\n{dest}\n--- patch\n{patch}\n--- ours {ours:?}\n--- theirs {case}\n"
            );
        }
    }
    println!("{same}/{all}");
    assert_eq!(same, all);
}

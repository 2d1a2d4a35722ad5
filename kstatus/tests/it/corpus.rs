//! The recorded answers of upstream's kstatus, Flux's fork.

use gotk_corpus::Tally;
use jiff::Timestamp;

use crate::answers;

#[test]
fn objects_are_judged_as_upstream_judges_them() {
    let Some(path) = gotk_corpus::find("kstatus/objects.jsonl") else { return };
    let mut tally = Tally::new("kstatus");
    for (_, record) in gotk_corpus::json_lines(&path) {
        let now: Timestamp = record["now"].as_str().unwrap().parse().unwrap();
        let ours = answers::compute(&record["object"], now);
        let name = record["name"].as_str().unwrap();
        tally.case(name, answers::compare(&ours, &record["expect"]));
    }
    tally.finish();
}

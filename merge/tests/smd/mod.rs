//! The tables of the structured-merge-diff library. Some reach into the updater, which is not public:
//! so these are tests of the library itself.

mod fieldpath;
mod schemas;
mod scripts;
mod table;
mod typed;

use gotk_corpus::Tally;

#[test]
fn tables_come_out_as_recorded() {
    let Some(folder) = gotk_corpus::find("smd") else { return };
    let mut tally = Tally::new("smd");
    fieldpath::run(&folder.join("fieldpath"), &mut tally);
    typed::run(&folder.join("typed"), &mut tally);
    scripts::run(&folder.join("merge"), &mut tally);
    tally.finish();
}

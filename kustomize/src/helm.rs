//! Charts, which somebody else renders.

use crate::fault::Fault;
use crate::kustomization::{HelmChart, HelmGlobals};
use crate::load::{self, Loader};
use crate::resource::Resource;

/// Where charts lie, unless the kustomization says otherwise.
const DEFAULT_HOME: &str = "charts";

/// The objects of a chart.
pub(crate) fn render(
    chart: &HelmChart,
    globals: Option<&HelmGlobals>,
    loader: &Loader<'_>,
) -> Result<Vec<Resource>, Box<Fault>> {
    let Some(renderer) = &loader.context.options.helm else {
        let what = "Helm charts are not rendered in this build; use a HelmRelease";
        return Err(what.into());
    };
    if chart.name.is_empty() {
        return Err(Fault::new("the chart has no name").at("name"));
    }
    if !matches!(chart.values_merge.as_str(), "" | "merge" | "override" | "replace") {
        let what = format!("{:?} is none of merge, override, replace", chart.values_merge);
        return Err(Fault::new(what).at("valuesMerge"));
    }
    for file in chart.additional_values_files.iter().chain(Some(&chart.values_file)) {
        if !file.is_empty() {
            loader.read(file)?;
        }
    }
    let home = globals.map(|globals| globals.chart_home.as_str()).filter(|home| !home.is_empty());
    let text = renderer
        .render(chart, &loader.folder()?, home.unwrap_or(DEFAULT_HOME))
        .map_err(|error| Fault::new(format!("chart {} is not rendered: {error}", chart.name)))?;
    let documents = load::parse(text.as_bytes())
        .map_err(|fault| fault.in_file(format!("chart {}", chart.name)))?;
    let resource = |document| {
        let mut resource = Resource::new(document);
        resource.past.is_from_helm = true;
        resource
    };
    Ok(documents.into_iter().map(resource).collect())
}

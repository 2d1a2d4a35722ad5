//! From a folder to its objects.

use std::collections::{BTreeMap, BTreeSet};

use gotk_artifact::{Tree, TreePath};
use serde_json::Value;

use crate::error::Error;
use crate::fault::Fault;
use crate::fieldspec::FieldSpec;
use crate::kustomization::{FILE_NAMES, Kustomization, SortOptions};
use crate::load::{Context, File, Loader};
use crate::locate;
use crate::objects::Objects;
use crate::options::{Options, Order};
use crate::order::{Key, Ranks};
use crate::resource::Resource;
use crate::schema::Schema;
use crate::target::{Accumulator, Target};
use crate::transform::{self, Labels, Transformer};

/// Builds the folder where a tree stands, as `kustomize build` does.
///
/// ```
/// use gotk_artifact::TreeBuilder;
///
/// let tree = TreeBuilder::new()
///     .file("kustomization.yaml", "{resources: [web.yaml], namePrefix: prod-}\n")?
///     .file("web.yaml", "{apiVersion: v1, kind: Service, metadata: {name: web}}\n")?
///     .build();
/// let build = gotk_kustomize::build(&tree)?;
/// assert_eq!(
///     build.to_yaml()?,
///     "apiVersion: v1\nkind: Service\nmetadata:\n  name: prod-web\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::Build`], which says where in which file something is wrong.
pub fn build(tree: &Tree) -> Result<Build, Error> {
    build_with(tree, &Options::default())
}

/// Builds the folder where a tree stands.
///
/// # Errors
///
/// As [`build`].
pub fn build_with(tree: &Tree, options: &Options) -> Result<Build, Error> {
    built(options, |context| Target::load(Loader::new(context, tree)?))
}

/// Builds the folder where a tree stands by another kustomization than the one that lies there.
///
/// What is said is taken as if it had been written to a file; `file` is the one that lies there.
pub(crate) fn build_as(
    tree: &Tree,
    says: Kustomization,
    file: Option<(&'static str, Vec<u8>)>,
    options: &Options,
) -> Result<Build, Error> {
    built(options, |context| {
        let loader = Loader::new(context, tree)?;
        let (base_name, bytes) = file.unwrap_or((FILE_NAMES[0], Vec::new()));
        let file = File { name: loader.file_name(base_name).into(), bytes: bytes.into() };
        let says = says.rewritten().map_err(|problem| locate::place(problem.fault(), &file))?;
        Ok(Target::new(loader, says, file, base_name))
    })
}

fn built(
    options: &Options,
    target: impl for<'c> FnOnce(&'c Context<'c>) -> Result<Target<'c>, Box<Fault>>,
) -> Result<Build, Error> {
    let failed = |fault: Box<Fault>| Error::Build(fault);
    let context = Context::new(options);
    let (objects, keep) =
        target(&context).and_then(|target| run(target, &context)).map_err(failed)?;
    let schema = context.schema();
    let (paths, warnings) = context.into_parts();
    let (resources, printed_size) = finished(objects, keep).map_err(failed)?;
    Ok(Build { resources, printed_size, paths, warnings, schema })
}

/// What came out of a build.
#[derive(Clone, Debug)]
pub struct Build {
    resources: Vec<Resource>,
    /// About how many bytes they are printed in.
    printed_size: usize,
    paths: BTreeSet<TreePath>,
    warnings: Vec<String>,
    schema: Schema,
}

impl Build {
    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The objects, in the order in which they are printed; each is made when it is asked for.
    ///
    /// # Errors
    ///
    /// When an object holds what JSON cannot hold; [`build`] has looked for that.
    pub fn objects(&self) -> impl ExactSizeIterator<Item = Result<Value, Error>> + '_ {
        self.resources.iter().map(value)
    }

    /// The objects, each of which is let go of once it was handed out.
    ///
    /// # Errors
    ///
    /// As [`objects`](Self::objects).
    pub fn into_objects(self) -> impl ExactSizeIterator<Item = Result<Value, Error>> {
        self.resources.into_iter().map(|resource| value(&resource))
    }

    /// What `kustomize build` prints.
    ///
    /// # Errors
    ///
    /// When a text in an object cannot be written as YAML, and read again by Kubernetes.
    pub fn to_yaml(&self) -> Result<String, Error> {
        let mut text = String::with_capacity(self.printed_size);
        for document in self.documents() {
            text.push_str(&document?);
        }
        Ok(text)
    }

    /// The pieces of what `kustomize build` prints, an object each.
    ///
    /// # Errors
    ///
    /// As [`to_yaml`](Self::to_yaml).
    pub fn documents(&self) -> impl ExactSizeIterator<Item = Result<String, Error>> + '_ {
        self.resources.iter().enumerate().map(|(index, resource)| document(index, resource))
    }

    /// The pieces of what `kustomize build` prints, for who writes them away one by one: an object
    /// is let go of once it was printed.
    ///
    /// # Errors
    ///
    /// As [`to_yaml`](Self::to_yaml).
    pub fn into_documents(self) -> impl ExactSizeIterator<Item = Result<String, Error>> {
        let resources = self.resources.into_iter().enumerate();
        resources.map(|(index, resource)| document(index, &resource))
    }

    /// The objects themselves.
    pub(crate) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    pub(crate) fn resources_mut(&mut self) -> &mut [Resource] {
        &mut self.resources
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(crate) fn depends_on(&mut self, paths: impl IntoIterator<Item = TreePath>) {
        self.paths.extend(paths);
    }

    /// The paths in the tree on which the result depends: of files that were read, of folders, and
    /// of names that were looked for, there or not.
    ///
    /// A build of a tree in which nothing changed at these paths has the same result.
    pub fn paths(&self) -> &BTreeSet<TreePath> {
        &self.paths
    }

    /// What `kustomize` would print beside the result: deprecated fields, unused variables.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// An object as it is printed, with what parts it from the one before.
fn document(index: usize, resource: &Resource) -> Result<String, Error> {
    let written = gotk_yaml::to_string(&value(resource)?);
    let written = written.map_err(|error| failed(error.to_string(), resource))?;
    Ok(if index == 0 { written } else { format!("---\n{written}") })
}

fn value(resource: &Resource) -> Result<Value, Error> {
    resource.node.to_value().map_err(|problem| failed(problem, resource))
}

fn failed(problem: String, resource: &Resource) -> Error {
    Error::Build(transform::fault(problem, resource))
}

/// Which annotations stay in the result.
#[derive(Clone, Copy)]
struct Keep {
    origins: bool,
    history: bool,
}

fn run<'c>(
    mut target: Target<'c>,
    context: &'c Context<'c>,
) -> Result<(Objects, Keep), Box<Fault>> {
    let name = target.loader.name();
    let through = |fault: Box<Fault>| fault.through(&name);
    target.set_schema(true).map_err(through)?;
    let all = target.accumulate(Accumulator::default()).map_err(through)?;
    let keep = Keep {
        origins: target.says.wants("originAnnotations"),
        history: target.says.wants("transformerAnnotations"),
    };
    let objects = complete(all, context)?;
    Ok((arranged(objects, &target.says, context)?, keep))
}

/// What is done once, after everything came together.
fn complete(all: Accumulator, context: &Context<'_>) -> Result<Objects, Box<Fault>> {
    let schema = context.schema();
    let Accumulator { mut objects, specs, vars } = all;
    transform::add_hashes(&mut objects, &schema)?;
    crate::references::fix(&mut objects, &specs.name_reference, &schema)?;
    for name in vars.resolve(&mut objects, &specs.var_reference)? {
        context.warn(format!("variable {name} is defined and never used"));
    }
    for resource in objects.as_mut_slice() {
        if resource.is_gone() {
            continue;
        }
        if resource.kind().is_empty() {
            return Err(transform::fault("it has no kind any more".to_owned(), resource));
        }
        if resource.name().is_empty() && !resource.kind().ends_with("List") {
            return Err(transform::fault("it has no name any more".to_owned(), resource));
        }
        let local = resource.annotation("config.kubernetes.io/local-config");
        if local.is_some_and(|local| local != "false") {
            resource.clear();
        }
    }
    objects.drop_gone();
    objects.check_unique(&schema)?;
    Ok(objects)
}

/// Sorts the objects, and says what built them if that is wanted.
fn arranged(
    mut objects: Objects,
    says: &Kustomization,
    context: &Context<'_>,
) -> Result<Objects, Box<Fault>> {
    let schema = context.schema();
    let ranks = match &says.sort_options {
        Some(options) => ranks(options).map_err(|fault| fault.at("sortOptions"))?,
        None => (context.options.order == Order::Legacy).then(Ranks::default),
    };
    if let Some(ranks) = ranks {
        ranks.sort(objects.as_mut_slice(), |resource| Key {
            api_version: resource.api_version(),
            kind: resource.kind(),
            namespace: resource.namespace(),
            name: resource.name(),
        });
    }
    if says.wants("managedByLabel") {
        let name = context.options.managed_by.as_deref().unwrap_or("kustomize-v5.8.1");
        let label = ("app.kubernetes.io/managed-by".to_owned(), name.to_owned());
        let spec =
            FieldSpec { path: "metadata/labels".to_owned(), create: true, ..FieldSpec::default() };
        let labels = Labels { labels: BTreeMap::from([label]), specs: [spec].into() };
        Transformer::Labels(labels).apply(&mut objects, &schema)?;
    }
    Ok(objects)
}

/// The order that a kustomization asks for; none is that in which they came.
fn ranks(options: &SortOptions) -> Result<Option<Ranks>, Box<Fault>> {
    match (options.order.as_str(), &options.legacy) {
        ("fifo", None) => Ok(None),
        ("fifo", Some(_)) => Err("legacySortOptions go with the order legacy".into()),
        ("legacy", None) => Ok(Some(Ranks::default())),
        ("legacy", Some(order)) => Ok(Some(Ranks::new(order.first.clone(), order.last.clone()))),
        (other, _) => Err(Fault::new(format!("order {other:?} is neither legacy nor fifo"))),
    }
}

/// Takes out what only the build needs, looks whether all can be printed, and says about how long
/// that will be.
fn finished(objects: Objects, keep: Keep) -> Result<(Vec<Resource>, usize), Box<Fault>> {
    let mut resources = objects.into_vec();
    let mut size = 0;
    for resource in &mut resources {
        let done = resource.finish(keep.origins, keep.history);
        let printed = done.and_then(|()| resource.node.printed_size());
        size += DIVIDER + printed.map_err(|problem| transform::fault(problem, resource))?;
    }
    Ok((resources, size))
}

/// The length of what parts two objects.
const DIVIDER: usize = "---\n".len();

//! A folder with a kustomization, and what it makes of its objects.

mod accumulator;
mod configure;
mod plugins;

use std::sync::Arc;

pub(crate) use self::accumulator::Accumulator;
use crate::fault::Fault;
use crate::generate::{self, Kind};
use crate::helm;
use crate::kustomization::{FILE_NAMES, GeneratorOptions, Kustomization};
use crate::load::{File, Found, Loader};
use crate::locate;
use crate::node::{Entries, Node};
use crate::origin::{self, Origin};
use crate::resource::{ORIGIN, Resource};
use crate::schema::Schema;
use crate::transform::{self, Transformer};

/// A transformer with what is said about it in the objects' history.
type Step = (Transformer, Option<Origin>);

/// A folder that is built.
pub(crate) struct Target<'c> {
    pub(crate) loader: Loader<'c>,
    pub(crate) says: Kustomization,
    file: File,
    base_name: &'static str,
    origin: Option<Origin>,
    /// The namespace for charts, from the folders above.
    helm_namespace: String,
}

impl<'c> Target<'c> {
    /// Reads the kustomization of a folder.
    pub(crate) fn load(loader: Loader<'c>) -> Result<Self, Box<Fault>> {
        let Some((base_name, file)) = Self::find(&loader)? else {
            let here = loader.name();
            let [one, other, third] = FILE_NAMES;
            return Err(Fault::new(format!("folder {here:?} has no {one}, {other} or {third}")));
        };
        let says = Kustomization::read(&file.bytes)
            .map_err(|problem| locate::place(problem.fault(), &file))?;
        Ok(Self::new(loader, says, file, base_name))
    }

    /// The kustomization file of a folder, with its name.
    fn find(loader: &Loader<'c>) -> Result<Option<(&'static str, File)>, Box<Fault>> {
        let mut found = Vec::new();
        for name in FILE_NAMES {
            if let Some(file) = loader.read_if_there(name)? {
                found.push((name, file));
            }
        }
        if found.len() > 1 {
            let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
            let (here, names) = (loader.name(), names.join(", "));
            let what = format!("folder {here:?} has several kustomizations: {names}");
            return Err(Fault::new(what));
        }
        Ok(found.pop())
    }

    /// A folder about which this is said, in a file with this name.
    pub(crate) fn new(
        loader: Loader<'c>,
        says: Kustomization,
        file: File,
        base_name: &'static str,
    ) -> Self {
        for field in &says.deprecated {
            loader.context.warn(format!("{}: {field} is deprecated", file.name));
        }
        let origin = (!says.build_metadata.is_empty()).then(Origin::default);
        Self { loader, says, file, base_name, origin, helm_namespace: String::new() }
    }

    fn schema(&self) -> Schema {
        self.loader.context.schema()
    }

    /// Says where in the kustomization something is wrong.
    fn at(&self, field: &str, fault: Box<Fault>) -> Box<Fault> {
        locate::place(fault.at(field), &self.file)
    }

    /// Sets what `openapi` says about kinds, unless that is settled.
    pub(crate) fn set_schema(&self, is_outermost: bool) -> Result<(), Box<Fault>> {
        let context = self.loader.context;
        let at = |fault: Box<Fault>| self.at("openapi", fault);
        let file = self.says.openapi.get("path").map(|path| self.loader.read(path)).transpose();
        let file = file.map_err(at)?;
        if context.schema_is_set() && !is_outermost {
            return Ok(());
        }
        let version = self.says.openapi.get("version").map(String::as_str);
        match (file, version) {
            (Some(_), Some(_)) => Err(at("path and version exclude each other".into())),
            (Some(file), None) => {
                let text = String::from_utf8_lossy(&file.bytes);
                let schema = Schema::from_document(&text, context.options.openapi_adds)
                    .map_err(|problem| Fault::new(problem).in_file(&file.name))?;
                context.set_schema(schema);
                Ok(())
            }
            (None, None | Some("")) => Ok(()),
            (None, Some("v1.21.2")) => {
                context.set_schema(Schema::builtin());
                Ok(())
            }
            (None, Some(version)) => {
                Err(at(Fault::new(format!("version {version:?} is not built in, v1.21.2 is"))))
            }
        }
    }

    /// Does what the kustomization says, on top of what is there.
    pub(crate) fn accumulate(&mut self, mut all: Accumulator) -> Result<Accumulator, Box<Fault>> {
        let resources = std::mem::take(&mut self.says.resources);
        self.add_resources(&mut all, &resources, "resources")?;
        self.add_configurations(&mut all)?;
        self.generate(&mut all)?;
        for (index, path) in self.says.components.iter().enumerate() {
            let field = format!("components[{index}]");
            all = self.add_component(all, path).map_err(|fault| self.at(&field, fault))?;
        }
        self.transform(&mut all)?;
        self.validate(&mut all)?;
        let schema = self.schema();
        all.vars
            .add(&self.says.vars, &mut all.objects, &schema)
            .map_err(|fault| self.at("vars", fault))?;
        Ok(all)
    }

    /// Adds files and folders; `field` names the list they stand in.
    fn add_resources(
        &self,
        all: &mut Accumulator,
        paths: &[String],
        field: &str,
    ) -> Result<(), Box<Fault>> {
        for (index, path) in paths.iter().enumerate() {
            self.add_resource(all, path)
                .map_err(|fault| self.at(&format!("{field}[{index}]"), fault))?;
        }
        Ok(())
    }

    fn add_resource(&self, all: &mut Accumulator, path: &str) -> Result<(), Box<Fault>> {
        let schema = self.schema();
        match self.loader.find(path)? {
            Found::File(file) => {
                let origin = self.origin.as_ref().map(|origin| origin.join(path).to_yaml());
                let documents = self.loader.parse(&file)?;
                self.loader.context.count_objects(documents.len())?;
                for document in documents {
                    let mut resource = Resource::new(document);
                    resource.file = Some(Arc::clone(&file.name));
                    if let Some(origin) = &origin {
                        set_origin(&mut resource.node, origin)?;
                    }
                    all.objects.append(resource, &schema)?;
                }
                Ok(())
            }
            Found::Folder(loader) => {
                let child = self.child(loader, path, false)?;
                let name = child.loader.name();
                let built = child.build_below(Accumulator::default(), &name)?;
                let schema = self.schema();
                all.merge(built, &schema).map_err(|fault| fault.through(&name))
            }
        }
    }

    /// A component works on what the folder that names it has.
    fn add_component(&self, all: Accumulator, path: &str) -> Result<Accumulator, Box<Fault>> {
        let child = self.child(self.loader.folder_at(path)?, path, true)?;
        let name = child.loader.name();
        let built = child.build_below(all, &name)?;
        built.objects.check_unique(&self.schema()).map_err(|fault| fault.through(&name))?;
        Ok(built)
    }

    /// Another folder that this one builds upon.
    fn child(
        &self,
        loader: Loader<'c>,
        path: &str,
        is_component: bool,
    ) -> Result<Self, Box<Fault>> {
        let name = loader.name();
        let through = |fault: Box<Fault>| fault.through(&name);
        let mut child = Self::load(loader).map_err(through)?;
        child.says.build_metadata.clone_from(&self.says.build_metadata);
        child.origin = self.origin.as_ref().map(|origin| origin.join(path));
        child.helm_namespace = match self.says.namespace.as_str() {
            "" => self.helm_namespace.clone(),
            namespace => namespace.to_owned(),
        };
        child.set_schema(false).map_err(through)?;
        match (is_component, child.says.is_component()) {
            (true, false) => {
                let what = format!("folder {name:?} holds a Kustomization; name it in resources");
                Err(through(Fault::new(what)))
            }
            (false, true) => {
                let what = format!("folder {name:?} holds a Component; name it in components");
                Err(through(Fault::new(what)))
            }
            _ => Ok(child),
        }
    }

    fn build_below(mut self, all: Accumulator, name: &str) -> Result<Accumulator, Box<Fault>> {
        self.accumulate(all).map_err(|fault| fault.through(name))
    }

    /// Runs what makes objects: fields of the kustomization first, configurations then.
    fn generate(&self, all: &mut Accumulator) -> Result<(), Box<Fault>> {
        let mut made: Vec<(String, Vec<Resource>, Option<Origin>)> = Vec::new();
        let options = self.says.generator_options.as_ref();
        for (kind, name, plugin, list) in [
            (
                Kind::ConfigMap,
                "configMapGenerator",
                "ConfigMapGenerator",
                &self.says.config_map_generator,
            ),
            (Kind::Secret, "secretGenerator", "SecretGenerator", &self.says.secret_generator),
        ] {
            for (index, args) in list.iter().enumerate() {
                let field = format!("{name}[{index}]");
                let options = GeneratorOptions::merged(args.options.as_ref(), options);
                let resource = generate::generate(kind, args, options.as_ref(), &self.loader)
                    .map_err(|fault| self.within(&field, fault))?;
                made.push((field, vec![resource], self.builtin_origin(plugin)));
            }
        }
        for (index, chart) in self.says.helm_charts.iter().enumerate() {
            let field = format!("helmCharts[{index}]");
            let mut chart = chart.clone();
            if chart.namespace.is_empty() {
                chart.namespace.clone_from(match self.says.namespace.is_empty() {
                    true => &self.helm_namespace,
                    false => &self.says.namespace,
                });
            }
            let rendered = helm::render(&chart, self.says.helm_globals.as_ref(), &self.loader)
                .map_err(|fault| self.at(&field, fault))?;
            made.push((field, rendered, self.builtin_origin("HelmChartInflationGenerator")));
        }
        let configs = self.configs(&self.says.generators, "generators")?;
        for config in configs.into_vec() {
            let resources = plugins::generate(&config, &self.loader)
                .map_err(|fault| self.at("generators", fault))?;
            made.push(("generators".to_owned(), resources, Origin::of_plugin(&config)));
        }
        let schema = self.schema();
        for (field, resources, origin) in made {
            self.loader.context.count_objects(resources.len())?;
            for mut resource in resources {
                if let Some(origin) = &origin {
                    origin::set(&mut resource, origin)?;
                }
                all.objects.absorb(resource, &schema).map_err(|fault| self.at(&field, fault))?;
            }
        }
        Ok(())
    }

    /// Puts a field before what is said about a part of it.
    fn within(&self, field: &str, mut fault: Box<Fault>) -> Box<Fault> {
        if fault.field.is_empty() {
            field.clone_into(&mut fault.field);
        } else {
            fault.field = format!("{field}.{}", fault.field);
        }
        locate::place(fault, &self.file)
    }

    fn builtin_origin(&self, plugin: &str) -> Option<Origin> {
        self.origin.as_ref().map(|origin| origin.of_builtin(self.base_name, plugin))
    }

    fn transform(&self, all: &mut Accumulator) -> Result<(), Box<Fault>> {
        let mut steps = configure::steps(self, &all.specs)?;
        for config in self.configs(&self.says.transformers, "transformers")?.into_vec() {
            let transformer = plugins::transformer(&config, &self.loader)
                .map_err(|fault| self.at("transformers", fault))?;
            steps.push(("transformers".to_owned(), (transformer, Origin::of_plugin(&config))));
        }
        let schema = self.schema();
        for (field, (transformer, origin)) in steps {
            transformer
                .apply(&mut all.objects, &schema)
                .map_err(|fault| self.within_list(&field, fault))?;
            if let Some(origin) = &origin {
                for resource in all.objects.as_mut_slice() {
                    if !resource.is_gone() {
                        origin::add_transformation(resource, origin)?;
                    }
                }
            }
            all.objects.drop_gone();
        }
        Ok(())
    }

    /// A fault of a transformer may name the entry itself.
    fn within_list(&self, field: &str, fault: Box<Fault>) -> Box<Fault> {
        self.at(field, fault)
    }

    /// Runs transformers that may change nothing.
    fn validate(&self, all: &mut Accumulator) -> Result<(), Box<Fault>> {
        let schema = self.schema();
        for config in self.configs(&self.says.validators, "validators")?.into_vec() {
            let at = |fault: Box<Fault>| self.at("validators", fault);
            let transformer = plugins::transformer(&config, &self.loader).map_err(at)?;
            let before = all.objects.clone();
            transformer.apply(&mut all.objects, &schema).map_err(at)?;
            let is_same = |(one, other): (&Resource, &Resource)| {
                one.past == other.past && one.node == without_mark(other).node
            };
            let mut pairs = before.as_slice().iter().zip(all.objects.as_slice());
            if before.len() != all.objects.len() || !pairs.all(is_same) {
                let what = format!("validator {} changes objects", transform::shown(&config));
                return Err(at(Fault::new(what)));
            }
        }
        Ok(())
    }

    /// The configurations that a list holds, or names.
    fn configs(
        &self,
        entries: &[String],
        field: &str,
    ) -> Result<crate::objects::Objects, Box<Fault>> {
        let schema = self.schema();
        let mut all = Accumulator::default();
        let mut paths = Vec::new();
        for entry in entries {
            let Ok(documents) = crate::load::parse(entry.as_bytes()) else {
                paths.push(entry.clone());
                continue;
            };
            for document in documents {
                let mut resource = Resource::new(document);
                resource.node.line = 0;
                if let Some(origin) = &self.origin {
                    let origin = origin.join(self.base_name).to_yaml();
                    resource.set_annotation(ORIGIN, &origin)?;
                }
                all.objects.append(resource, &schema).map_err(|fault| self.at(field, fault))?;
            }
        }
        self.add_resources(&mut all, &paths, field)?;
        Ok(all.objects)
    }
}

/// An object without the label by which a validator says that it was there.
fn without_mark(resource: &Resource) -> Resource {
    let mut resource = resource.clone();
    let mut labels = resource.texts("labels");
    if labels.remove("validated-by").is_some() && resource.set_texts("labels", &labels).is_err() {
        resource.clear();
    }
    resource
}

/// Writes the origin over what may be there.
fn set_origin(node: &mut Node, origin: &str) -> Result<(), Box<Fault>> {
    let annotations =
        crate::edit::lookup_create(node, &["metadata", "annotations"], crate::edit::Make::Mapping)?;
    let Some(annotations) = annotations else {
        if let Some(metadata) = node.get_mut("metadata") {
            metadata.set("annotations", Node::mapping(Entries::new()));
            return set_origin(node, origin);
        }
        return Ok(());
    };
    if annotations.is_null() {
        *annotations = Node::mapping(Entries::new());
    }
    Ok(crate::edit::set_field(annotations, ORIGIN, Node::string(origin))?)
}

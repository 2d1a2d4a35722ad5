//! What a build may do, and who does what it cannot.

use std::fmt;
use std::sync::Arc;

use gotk_artifact::{Bytes, Tree};

use crate::cache::Cache;
pub use crate::kustomization::HelmChart;

/// The error of somebody else's implementation.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How to build.
///
/// ```
/// use gotk_kustomize::{LoadRestrictions, Options, Order};
///
/// let like_flux = Options::default()
///     .load_restrictions(LoadRestrictions::None)
///     .openapi_adds(true);
/// let like_kubectl = Options::default().order(Order::Legacy);
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Options {
    pub(crate) load_restrictions: LoadRestrictions,
    pub(crate) order: Order,
    pub(crate) limits: Limits,
    pub(crate) openapi_adds: bool,
    pub(crate) managed_by: Option<String>,
    pub(crate) cache: Option<Cache>,
    pub(crate) helm: Option<Arc<dyn HelmRenderer>>,
    pub(crate) fetcher: Option<Arc<dyn Fetcher>>,
}

/// Which files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum LoadRestrictions {
    /// Files in its own folder and below, links followed. Other folders may be named as bases.
    #[default]
    RootOnly,
    /// Every file of the tree.
    None,
}

/// In which order objects are printed where the kustomization does not say.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Order {
    /// As they were read, which is what kustomize's library and Flux do.
    #[default]
    Fifo,
    /// Namespaces and definitions first, webhooks last, the rest by kind: what the programs
    /// `kustomize` and `kubectl kustomize` do.
    Legacy,
}

/// How much a build may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// How many folders may build upon each other.
    pub depth: usize,
    /// How many objects may be read, those of generators included.
    pub objects: usize,
    /// How many bytes may be read, a file that is read twice counted twice.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64, objects: 200_000, bytes: 256 << 20 }
    }
}

impl Options {
    /// Which files may be named.
    pub fn load_restrictions(mut self, restrictions: LoadRestrictions) -> Self {
        self.load_restrictions = restrictions;
        self
    }

    /// The order of the objects, unless `sortOptions` says otherwise.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// How much may be taken.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether the definitions of `openapi.path` come on top of the built-in ones, as in Flux, or
    /// take their place, as in `kustomize`.
    pub fn openapi_adds(mut self, adds: bool) -> Self {
        self.openapi_adds = adds;
        self
    }

    /// The value of the label that `buildMetadata: [managedByLabel]` sets: `kustomize-v5.8.1`.
    pub fn managed_by(mut self, name: impl Into<String>) -> Self {
        self.managed_by = Some(name.into());
        self
    }

    /// Where builds keep what they have parsed, to share it.
    pub fn cache(mut self, cache: &Cache) -> Self {
        self.cache = Some(cache.clone());
        self
    }

    /// Who renders `helmCharts`; without, they are an error.
    pub fn helm(mut self, renderer: impl HelmRenderer + 'static) -> Self {
        self.helm = Some(Arc::new(renderer));
        self
    }

    /// Who gets what is named by URL; without, a URL is an error.
    pub fn fetcher(mut self, fetcher: impl Fetcher + 'static) -> Self {
        self.fetcher = Some(Arc::new(fetcher));
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("load_restrictions", &self.load_restrictions)
            .field("order", &self.order)
            .field("limits", &self.limits)
            .field("openapi_adds", &self.openapi_adds)
            .field("managed_by", &self.managed_by)
            .field("cache", &self.cache)
            .field("helm", &self.helm.is_some())
            .field("fetcher", &self.fetcher.is_some())
            .finish()
    }
}

/// Renders the charts that a kustomization names.
pub trait HelmRenderer: Send + Sync {
    /// The manifests of a chart, as `helm template` prints them.
    ///
    /// `folder` stands where the kustomization is; charts lie in `chart_home` below it.
    ///
    /// # Errors
    ///
    /// When the chart cannot be found or rendered.
    fn render(
        &self,
        chart: &HelmChart,
        folder: &Tree,
        chart_home: &str,
    ) -> Result<String, BoxError>;
}

/// Gets what a kustomization names by URL.
pub trait Fetcher: Send + Sync {
    /// The file at a URL.
    ///
    /// # Errors
    ///
    /// When it is not there or may not be fetched.
    fn file(&self, url: &str) -> Result<Bytes, BoxError>;

    /// The repository at a URL, standing at the folder that the URL names in it.
    ///
    /// # Errors
    ///
    /// When it is not there or may not be fetched.
    fn repository(&self, url: &str) -> Result<Tree, BoxError>;
}

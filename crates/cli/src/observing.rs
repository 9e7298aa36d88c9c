//! Where a server's log lines and spans go.

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::failure::Failure;
use crate::settings::{LogFormat, Settings};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Log lines and spans, for as long as a server runs.
pub(crate) struct Observing {
    #[cfg(feature = "otlp")]
    spans: Option<spans::Spans>,
}

impl Observing {
    /// From now on lines are written, and spans sent where that is configured.
    pub(crate) fn start(settings: &Settings) -> Result<Self, Failure> {
        let filter = filter(&settings.log)?;
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
        let lines: Boxed = match settings.log_format {
            LogFormat::Text => lines.with_filter(filter).boxed(),
            LogFormat::Json => lines.json().with_filter(filter).boxed(),
        };
        let registry = tracing_subscriber::registry();
        #[cfg(feature = "otlp")]
        {
            let spans = settings.otlp_endpoint.as_deref().map(spans::Spans::start).transpose()?;
            let exported = spans.as_ref().map(spans::Spans::layer);
            registry.with(exported.into_iter().chain([lines]).collect::<Vec<_>>()).init();
            Ok(Self { spans })
        }
        #[cfg(not(feature = "otlp"))]
        {
            if settings.otlp_endpoint.is_some() {
                let why = "`otlp_endpoint`: this program was built without the feature `otlp`";
                return Err(Failure::Usage(why.to_owned()));
            }
            registry.with(lines).init();
            Ok(Self {})
        }
    }

    /// Sends what was not sent yet.
    pub(crate) fn end(self) {
        #[cfg(feature = "otlp")]
        if let Some(spans) = self.spans {
            spans.end();
        }
    }
}

/// What is logged.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(text).map_err(|it| Failure::Usage(format!("the log filter is wrong: {it}")))
}

#[cfg(feature = "otlp")]
mod spans {
    use std::time::Duration;

    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
    use tokio::runtime::{self, Runtime};
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::filter::filter_fn;

    use super::Boxed;
    use crate::failure::Failure;

    /// What spans that leave the process have as their target: `assent-service` makes them.
    const TARGET: &str = "assent_trace";
    /// How long a collector may take, also for the last spans of a server that stops.
    const TIMEOUT: Duration = Duration::from_secs(3);

    /// Sampled spans on their way to a collector.
    pub(super) struct Spans {
        provider: SdkTracerProvider,
        /// The connection's; it ends with this.
        _runtime: Runtime,
    }

    impl Spans {
        /// Sends spans to a collector that speaks OTLP over gRPC; one that can't be reached costs spans, and nothing else.
        pub(super) fn start(endpoint: &str) -> Result<Self, Failure> {
            let failed = |source: Box<dyn std::error::Error + Send + Sync>| Failure::Doing {
                doing: "send spans to `otlp_endpoint`",
                source,
            };
            let runtime = runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("assent-spans")
                .enable_all()
                .build()
                .map_err(|it| failed(it.into()))?;
            let entered = runtime.enter();
            let exporter = SpanExporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .with_timeout(TIMEOUT)
                .build()
                .map_err(|it| failed(it.into()))?;
            drop(entered);
            let provider = SdkTracerProvider::builder()
                // What is sampled was decided when the call came: all else has no span.
                .with_sampler(Sampler::AlwaysOn)
                .with_resource(Resource::builder().with_service_name("assent").build())
                .with_batch_exporter(exporter)
                .build();
            Ok(Self { provider, _runtime: runtime })
        }

        pub(super) fn layer(&self) -> Boxed {
            let tracer = self.provider.tracer("assent");
            let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false);
            let layer = layer.with_threads(false).with_tracked_inactivity(false);
            layer.with_filter(filter_fn(|it| it.target() == TARGET)).boxed()
        }

        pub(super) fn end(self) {
            // A collector that is gone does not keep the server from ending well.
            let _ = self.provider.shutdown_with_timeout(TIMEOUT);
        }
    }
}

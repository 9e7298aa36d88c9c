//! Agreements, their versions, templates and availability (rules C4, C5, C10).

mod retire;

use std::sync::Arc;

use crate::directory::StreamHead;
use crate::history::History;
use crate::values::{
    AgreementId, Channel, Country, Environment, Instant, Language, Position, Sha256, Template, VersionId,
};

pub use retire::retired;

/// The most agreements a catalogue can hold, and the most versions an agreement can have: their places are 16 bits.
pub const PLACES_MAX: usize = u16::MAX as usize;

/// An agreement's place in the catalogue: agreements are numbered in the order of their first publishing, which
/// is the log's order, so that the number is the same on every replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgreementIndex(pub u16);

/// A version's place in its agreement, in the order of publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionIndex(pub u16);

/// Every agreement known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The agreements, by index.
    pub agreements: Vec<Agreement>,
}

/// An agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// Its versions, by index.
    pub versions: Vec<Version>,
    /// From when until when it can be confirmed. It has a history, because a denial's remedy names an agreement
    /// that can be confirmed, and `known_at` must give the same remedy for ever (rule O10).
    pub availability: History<Vec<Availability>>,
    /// What customers accept after it.
    pub successor: Option<AgreementId>,
    /// The vendor's id of its template, where it has one.
    pub template_id: Option<String>,
    /// Its stream, `agreement/{id}`.
    pub stream: StreamHead,
    /// The position of the last event that names it.
    pub mentioned: Position,
}

/// A version of an agreement: its text at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// The event that published it: prefixes before it do not know it.
    pub published: Position,
    /// From when on it is in force; none: since ever.
    pub in_force_from: Option<Instant>,
    /// The hash of its own text, where it has one beside its templates'.
    pub document_sha256: Option<Sha256>,
    /// Its templates.
    pub templates: Arc<[VersionTemplate]>,
}

/// The text of a version for a country, in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionTemplate {
    /// Country and language.
    pub template: Template,
    /// Where the text can be fetched; empty where that is not known.
    pub uri: String,
    /// The text's hash, where it is known.
    pub sha256: Option<Sha256>,
}

/// A time in which an agreement can be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// In this environment.
    pub environment: Environment,
    /// Through this channel; none: through each.
    pub channel: Option<Channel>,
    /// From then on, inclusive.
    pub from: Instant,
    /// Until then, exclusive; none: open.
    pub until: Option<Instant>,
}

/// Whether an agreement can be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Available {
    /// It can.
    Now,
    /// It no longer can.
    Retired,
    /// Not yet, but from then on; none: never so far as is known.
    NotYet(Option<Instant>),
}

impl Catalogue {
    /// The agreement's place, where it is known.
    pub fn index_of(&self, id: &AgreementId) -> Option<AgreementIndex> {
        let at = self.agreements.iter().position(|it| it.id == *id)?;
        Some(AgreementIndex(u16::try_from(at).expect("evolve places no more than PLACES_MAX agreements")))
    }

    /// The agreement of this id, where it is known.
    pub fn find(&self, id: &AgreementId) -> Option<&Agreement> {
        self.agreements.iter().find(|it| it.id == *id)
    }

    /// The same, to be changed.
    pub fn find_mut(&mut self, id: &AgreementId) -> Option<&mut Agreement> {
        self.agreements.iter_mut().find(|it| it.id == *id)
    }

    /// The agreement at this place.
    pub fn agreement(&self, index: AgreementIndex) -> &Agreement {
        &self.agreements[usize::from(index.0)]
    }
}

impl Agreement {
    /// The version at this place.
    pub fn version(&self, index: VersionIndex) -> &Version {
        &self.versions[usize::from(index.0)]
    }

    /// The version of this id.
    pub fn version_of(&self, id: &VersionId) -> Option<VersionIndex> {
        let at = self.versions.iter().position(|it| it.id == *id)?;
        Some(VersionIndex(u16::try_from(at).expect("evolve places no more than PLACES_MAX versions")))
    }

    /// The version in force at the instant, so far as the prefix knows; the later published one, where two begin
    /// at the same instant (rules C4, O11).
    pub fn in_force_at(&self, instant: Instant, prefix: Position) -> Option<VersionIndex> {
        let mut found: Option<(Option<Instant>, usize)> = None;
        for (at, version) in self.versions.iter().enumerate() {
            if version.has_begun(instant)
                && version.published <= prefix
                && found.is_none_or(|(from, _)| version.in_force_from >= from)
            {
                found = Some((version.in_force_from, at));
            }
        }
        found.map(|(_, at)| {
            VersionIndex(u16::try_from(at).expect("evolve places no more than PLACES_MAX versions"))
        })
    }

    /// Whether the agreement can be confirmed at the instant, so far as the prefix knows (rule C10).
    pub fn available_at(
        &self,
        environment: Environment,
        channel: Channel,
        instant: Instant,
        prefix: Position,
    ) -> Available {
        let known = self.availability.at(prefix).map_or(&[][..], Vec::as_slice);
        let times = || known.iter().filter(move |it| it.concerns(environment, channel));
        if times().any(|it| it.covers(instant)) {
            return Available::Now;
        }
        let next = times().filter(|it| !it.is_empty()).map(|it| it.from).filter(|from| *from > instant).min();
        let ended = times().any(|it| it.until.is_some_and(|until| until <= instant));
        if next.is_none() && ended { Available::Retired } else { Available::NotYet(next) }
    }
}

impl Availability {
    /// Whether it is about this environment and channel.
    pub fn concerns(&self, environment: Environment, channel: Channel) -> bool {
        self.environment == environment && self.channel.is_none_or(|its| its == channel)
    }

    /// Whether the instant lies in it.
    pub fn covers(&self, instant: Instant) -> bool {
        self.from <= instant && self.until.is_none_or(|until| instant < until)
    }

    /// Whether no instant lies in it: the trace of a retirement that came before it began.
    pub fn is_empty(&self) -> bool {
        self.until.is_some_and(|until| until <= self.from)
    }
}

impl Version {
    /// Whether it is in force at the instant, so long as no later one is.
    pub fn has_begun(&self, instant: Instant) -> bool {
        self.in_force_from.is_none_or(|from| from <= instant)
    }

    /// The template for a country and a language.
    pub fn template(&self, wanted: &Template) -> Option<&VersionTemplate> {
        self.templates.iter().find(|it| it.template == *wanted)
    }

    /// The templates of a country.
    pub fn templates_of(&self, country: Country) -> impl Iterator<Item = &VersionTemplate> {
        self.templates.iter().filter(move |it| it.template.country == country)
    }

    /// The template for a country in the language, else in `en-US`; the flag says whether it fell back. None: the
    /// country has neither (rule C5: only fetching falls back).
    pub fn template_or_english(
        &self,
        country: Country,
        language: &Language,
    ) -> Option<(&VersionTemplate, bool)> {
        let of = |wanted: &str| {
            self.templates_of(country).find(|it| it.template.language.as_str().eq_ignore_ascii_case(wanted))
        };
        of(language.as_str()).map(|it| (it, false)).or_else(|| of("en-US").map(|it| (it, true)))
    }
}

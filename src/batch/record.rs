//! What became of a pair, as it stands on one line of output, and the sum of a batch.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::copies::Copies;
use super::plan::{Plan, Skipped};
use crate::analyzer::AnalyzeError;
use crate::change::Verdict;
use crate::reason::Reason;
use crate::report::{Report, Status};

/// How a pair ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Compared.
    Ok,
    /// Compared, with limits that the reasons tell.
    Limited,
    /// Not comparable; its report tells why.
    Refused,
    /// A photograph or a region could not be read, or the engine failed: there is no report.
    Failed,
}

/// A primary metric of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairChange {
    /// In the metric's unit.
    pub change: Option<f64>,
    /// In per cent of before.
    pub change_percent: Option<f64>,
    /// The smallest change that would have shown, in the metric's unit; null where no noise is known.
    pub smallest_detectable_change: Option<f64>,
    /// What may be said.
    pub verdict: Option<Verdict>,
}

/// What became of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairRecord {
    /// Name of the pair.
    pub pair: String,
    /// How it ended.
    pub status: Outcome,
    /// Why it is not `ok`.
    pub reasons: Vec<Reason>,
    /// Its report, told against the folder of results.
    pub report: Option<String>,
    /// Who.
    pub subject: Option<String>,
    /// Which view.
    pub view: Option<String>,
    /// Primary metrics by measure and name, as `scars.relief_contrast`.
    pub metrics: BTreeMap<String, PairChange>,
    /// Whether its report is of an earlier run; files do not tell.
    #[serde(skip)]
    pub kept: bool,
}

/// The sum of a batch.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Pairs in the plan.
    pub pairs: usize,
    /// Pairs compared without limits.
    pub ok: usize,
    /// Pairs compared with limits.
    pub limited: usize,
    /// Pairs that are not comparable.
    pub refused: usize,
    /// Pairs without a report.
    pub failed: usize,
    /// Pairs that were not begun, by name.
    pub not_run: Vec<String>,
    /// What was found and left out.
    pub skipped: Vec<Skipped>,
    /// Photographs that several captures were made of.
    pub copies: Vec<Copies>,
    /// Pairs of which the report of an earlier run stands; they count above, and a summary file does not tell.
    #[serde(skip)]
    pub kept: usize,
    /// Reports that were merged, by the engine that measured them; a summary file does not tell.
    #[serde(skip)]
    pub engines: BTreeMap<String, usize>,
}

impl PairRecord {
    /// Of a pair that has a report.
    pub(super) fn of_report(pair: &str, report: &Report) -> Self {
        let primary = report.measures.iter().flat_map(|(measure, m)| {
            m.metrics.iter().filter(|(_, metric)| metric.primary).map(move |(name, metric)| {
                let change = PairChange {
                    change: metric.change,
                    change_percent: metric.change_percent,
                    smallest_detectable_change: metric.smallest_detectable_change,
                    verdict: metric.verdict,
                };
                (format!("{measure}.{name}"), change)
            })
        });
        Self {
            pair: pair.to_owned(),
            status: match report.status {
                Status::Ok => Outcome::Ok,
                Status::Limited => Outcome::Limited,
                Status::Refused => Outcome::Refused,
            },
            reasons: report.reasons.clone(),
            report: Some(format!("{pair}/report.json")),
            subject: report.subject.clone(),
            view: report.view.clone(),
            metrics: primary.collect(),
            kept: false,
        }
    }

    /// Of a pair without a report.
    pub(super) fn of_failure(pair: &str, reason: Reason) -> Self {
        Self {
            pair: pair.to_owned(),
            status: Outcome::Failed,
            reasons: vec![reason],
            report: None,
            subject: None,
            view: None,
            metrics: BTreeMap::new(),
            kept: false,
        }
    }
}

/// Stable identifier of a failure, for programs.
pub(super) fn code(error: &AnalyzeError) -> &'static str {
    match error {
        AnalyzeError::Photo(error) => error.code(),
        AnalyzeError::Selection(_) | AnalyzeError::MixedRegions { .. } => "region_unusable",
        AnalyzeError::Landmarks(_) => "landmarks_unusable",
        AnalyzeError::Memory { .. } => "memory_limit",
        AnalyzeError::Engine(_) => "engine_failed",
        _ => "picture_failed",
    }
}

impl Summary {
    /// Before anything was run.
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            pairs: plan.pairs.len(),
            skipped: plan.skipped.clone(),
            copies: plan.copies.clone(),
            ..Self::default()
        }
    }

    pub(super) fn count(&mut self, record: &PairRecord) {
        match record.status {
            Outcome::Ok => self.ok += 1,
            Outcome::Limited => self.limited += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Failed => self.failed += 1,
        }
    }

    /// Whether every pair that was meant has been compared.
    pub fn all_measured(&self) -> bool {
        self.refused == 0
            && self.failed == 0
            && self.not_run.is_empty()
            && !self.skipped.iter().any(|s| s.incomplete_pair)
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}: {} ok, {} limited, {} refused, {} failed, {} not begun; {} skipped",
            self.pairs,
            if self.pairs == 1 { "pair" } else { "pairs" },
            self.ok,
            self.limited,
            self.refused,
            self.failed,
            self.not_run.len(),
            self.skipped.len()
        )
    }
}

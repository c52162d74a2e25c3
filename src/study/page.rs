//! A study as one page of HTML that needs nothing but itself.

use askama::Template;

use super::collect::{Study, StudyGroup};
use super::find::StudyPair;
use super::forest::forest_svg;
use super::outcome::{Outcome, Responders};
use crate::change::LEVEL;
use crate::report::Better;
use crate::report::axis::short;

#[derive(Template)]
#[template(path = "study.html")]
struct Page<'a> {
    study: &'a Study,
    /// Of the primary metrics.
    findings: Vec<Finding>,
    forest: String,
    groups: Vec<Table<'a>>,
}

/// One primary metric in words.
struct Finding {
    label: String,
    /// `better`, `worse`, `changed` or `unclear`: the color of its edge.
    kind: &'static str,
    mean: String,
    responders: String,
    effect: String,
}

/// Every metric of a group.
struct Table<'a> {
    title: String,
    group: &'a StudyGroup,
    rows: Vec<Row>,
}

struct Row {
    label: String,
    primary: bool,
    people: usize,
    mean: String,
    interval: String,
    p: String,
    effect: String,
    responders: String,
}

/// The page; opens without a network and sends nothing.
///
/// # Errors
/// Never in practice: the template is compiled in and writes to memory.
pub fn page(study: &Study, pairs: &[StudyPair]) -> Result<String, askama::Error> {
    let findings = study.all().into_iter().flat_map(|all| all.metrics.values());
    let page = Page {
        study,
        findings: findings.filter(|outcome| outcome.primary).map(Finding::of).collect(),
        forest: forest_svg(study, pairs).unwrap_or_default(),
        groups: study.groups.iter().map(Table::of).collect(),
    };
    page.render()
}

impl Finding {
    fn of(outcome: &Outcome) -> Self {
        let shown = outcome.p_adjusted.is_some_and(|p| p <= 1.0 - LEVEL);
        let fell = outcome.mean_change < 0.0;
        let kind = match (shown, outcome.better, fell) {
            (false, ..) => "unclear",
            (true, Better::Lower, true) | (true, Better::Higher, false) => "better",
            (true, Better::Lower, false) | (true, Better::Higher, true) => "worse",
            (true, Better::Neither, _) => "changed",
        };
        let interval = interval(outcome);
        let mean = match (shown, fell) {
            (true, true) => {
                format!("fell by {} on average ({interval})", amount(outcome, -outcome.mean_change))
            }
            (true, false) => {
                format!("rose by {} on average ({interval})", amount(outcome, outcome.mean_change))
            }
            (false, _) if interval.is_empty() => {
                format!("{} in one person: an average needs more", amount(outcome, outcome.mean_change))
            }
            (false, _) => {
                format!("no change shown on average: {} ({interval})", amount(outcome, outcome.mean_change))
            }
        };
        let effect = outcome.effect_size.map_or(String::new(), |effect| {
            format!("effect size g = {} ({} to {})", short(effect.g), short(effect.low), short(effect.high))
        });
        Self { label: outcome.label.clone(), kind, mean, responders: responders(outcome), effect }
    }
}

/// A number in per cent, or in the metric's unit.
fn amount(outcome: &Outcome, value: f64) -> String {
    match (outcome.in_percent, outcome.unit.as_str()) {
        (true, _) => format!("{} %", short(value)),
        (false, "") => short(value),
        (false, unit) => format!("{} {unit}", short(value)),
    }
}

fn interval(outcome: &Outcome) -> String {
    let ends = outcome.low.zip(outcome.high);
    ends.map_or(String::new(), |(low, high)| format!("{} to {}", short(low), amount(outcome, high)))
}

fn responders(outcome: &Outcome) -> String {
    let Responders { of, fell, rose, percent, low, high } = &outcome.responders;
    if *of == 0 {
        return "no pair tells what its captures alone make".to_owned();
    }
    let (word, count) = match outcome.better {
        Better::Lower => ("better", *fell),
        Better::Higher => ("better", *rose),
        Better::Neither => return format!("beyond capture: {fell} of {of} fell, {rose} rose"),
    };
    let worse = fell + rose - count;
    let share = match (percent, low.zip(*high)) {
        (Some(percent), Some((low, high))) => {
            format!(" ({} %, {} to {} %)", short(*percent), short(low), short(high))
        }
        (Some(percent), None) => format!(" ({} %)", short(*percent)),
        _ => String::new(),
    };
    format!("beyond capture: {count} of {of} {word}{share}, {worse} worse")
}

impl<'a> Table<'a> {
    fn of(group: &'a StudyGroup) -> Self {
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), short);
        let row = |outcome: &Outcome| Row {
            label: outcome.label.clone(),
            primary: outcome.primary,
            people: outcome.people,
            mean: amount(outcome, outcome.mean_change),
            interval: interval(outcome),
            p: match outcome.p_adjusted.or(outcome.p) {
                Some(p) if p < 0.001 => "< 0.001".to_owned(),
                p => number(p),
            },
            effect: number(outcome.effect_size.map(|effect| effect.g)),
            responders: match &outcome.responders {
                Responders { of: 0, .. } => "–".to_owned(),
                Responders { of, fell, rose, .. } => format!("{fell} fell, {rose} rose of {of}"),
            },
        };
        Self { title: group.title(), group, rows: group.metrics.values().map(row).collect() }
    }
}

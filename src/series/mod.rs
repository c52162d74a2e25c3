//! Many visits of the same skin: each against the first, and a curve for every metric.
//!
//! [`find`] reads a manifest of visits; its pairs, baseline against visit, run as a batch does
//! ([`PlannedSeries::pairs`]), and [`Series::of`] lays their reports along the days. For redness, the
//! downtime curve: its peak, its half-life with interval, and the days between which it went back.

mod curve;
mod find;
mod page;
mod plot;
mod record;
#[cfg(test)]
mod testing;
mod thumbnail;
mod words;

pub use curve::{Curve, CurvePoint, CurveTrend, TrendVerdict};
pub use find::{PlannedSeries, PlannedVisit, find};
pub use page::{SERIES_PAGE, page};
pub use plot::{downtime_svg, trends_svg};
pub use record::{Downtime, HalfLife, Peak, Return, Series, SeriesVisit};
pub use words::words;

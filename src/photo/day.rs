//! The day of a capture, kept in memory only to count the days between visits.

/// A calendar day, as days since 1970-01-01 (proleptic Gregorian).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaptureDay(i32);

impl CaptureDay {
    /// The day in an EXIF date (`YYYY:MM:DD HH:MM:SS`; the time is ignored). `None` where it is no
    /// real date of a digital photograph.
    pub fn from_exif(date: &str) -> Option<Self> {
        let day = date.trim().get(..10)?;
        let mut parts = day.split([':', '-', '/']);
        let mut number = || parts.next()?.parse::<i32>().ok();
        let (year, month, day) = (number()?, number()?, number()?);
        if !(1980..=2200).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        (1..=days_in_month(year, month)).contains(&day).then(|| Self(days_since_epoch(year, month, day)))
    }

    /// Days from `first` to `self`; negative if `self` is earlier.
    pub fn days_since(self, first: Self) -> i32 {
        self.0 - first.0
    }
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_epoch(year: i32, month: i32, day: i32) -> i32 {
    let whole_years: i32 = (1970..year).map(|y| 365 + i32::from(is_leap(y))).sum();
    let whole_months: i32 = (1..month).map(|m| days_in_month(year, m)).sum();
    whole_years + whole_months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Day numbers from Python's `datetime.date.toordinal() - 719163`.
    #[test]
    fn day_numbers_agree_with_a_calendar() {
        for (date, days) in [
            ("1980:01:01 00:00:00", 3652),
            ("2000:02:29 12:00:00", 11016),
            ("2024:02:29 23:59:59", 19782),
            ("2024-12-31", 20088),
            ("2100:03:01 00:00:00", 47541),
        ] {
            assert_eq!(CaptureDay::from_exif(date), Some(CaptureDay(days)), "{date}");
        }
    }

    #[test]
    fn impossible_days_are_none() {
        for date in [
            "0000:00:00 00:00:00",
            "2023:02:29 10:00:00",
            "2024:13:01",
            "    :  :  ",
            "",
            "2024:1",
            "2024:04:31 ",
        ] {
            assert_eq!(CaptureDay::from_exif(date), None, "{date}");
        }
    }

    #[test]
    fn days_between_visits() {
        let first = CaptureDay::from_exif("2023:12:31 08:00:00").unwrap();
        let second = CaptureDay::from_exif("2024:03:01 08:00:00").unwrap();
        assert_eq!(second.days_since(first), 61);
        assert_eq!(first.days_since(second), -61);
    }
}

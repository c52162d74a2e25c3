//! `phantom`: synthetic skin with known truth.

use super::args::{LightArgument, PhantomArguments};
use super::exit::{Exit, Failure};
use super::{output, talk};
use crate::phantom::{DemoOptions, Light, write_pair};

/// `phantom`.
pub(super) fn phantom(arguments: &PhantomArguments) -> Result<Exit, Failure> {
    let light = match arguments.light {
        LightArgument::Frontal => Light::Frontal,
        LightArgument::Oblique => Light::Oblique45,
        LightArgument::Bilateral => Light::Bilateral,
        LightArgument::Diffuse => Light::Diffuse,
        LightArgument::Unknown => {
            let line =
                "--light: found unknown, expected a light to render: frontal, oblique, bilateral, diffuse";
            return Err(Failure::new(Exit::Usage, line));
        }
    };
    output::check(&arguments.out)?;
    let truth =
        write_pair(&arguments.out, &DemoOptions { seed: arguments.seed, light, ..DemoOptions::default() })?;
    talk::line(&format!(
        "{}: {}, {}, truth.json; {} mm per pixel",
        arguments.out.display(),
        truth.before_file,
        truth.after_file,
        truth.before.mm_per_px
    ));
    Ok(Exit::Measured)
}

//! Pages in a real browser: Chromium without a screen, driven by nothing but its command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Folder;

/// Widths that a page is opened at, in pixels: a desk, a tablet, a phone.
const WIDTHS: [u32; 3] = [1440, 768, 390];
const COMMON: &str = include_str!("../../browser/inside/common.js");

/// The browser that `CHROMIUM` names, or the first of the usual names. `None`, said aloud, where there is none.
pub struct Browser(PathBuf);

impl Browser {
    pub fn find() -> Option<Self> {
        let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
        let usual = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
        let runs = |program: &PathBuf| {
            let mut ask = Command::new(program);
            ask.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            ask.status().is_ok_and(|status| status.success())
        };
        let found = named.into_iter().chain(usual).find(runs).map(Self);
        if found.is_none() {
            eprintln!("IGNORED: needs Chromium (chromium; CHROMIUM names another)");
        }
        found
    }

    /// Opens a page at three widths with `test` run in it; what went wrong is a failure.
    ///
    /// A window is never narrower than some 500 pixels, a frame is: all three are frames of one page. The content policy stays as
    /// it is but for the hash of the test.
    pub fn check(&self, html: &str, test: &str) {
        let script = format!("{COMMON}{test}");
        let hash = STANDARD.encode(Sha256::digest(&script));
        let policy = "script-src 'sha256-";
        assert_eq!(html.matches(policy).count(), 1, "one policy");
        let html = html.replace(policy, &format!("script-src 'sha256-{hash}' 'sha256-"));
        let html = html.replacen("<title>", &format!("<script>{script}</script><title>"), 1);
        let folder = Folder::new();
        folder.write("page.html", html);
        let frames: String = WIDTHS
            .map(|width| format!("<iframe src=\"page.html\" width=\"{width}\" height=\"900\"></iframe>"))
            .concat();
        let around = format!(
            "<!doctype html><meta charset=\"utf-8\"><style>iframe {{ border: 0 }}</style><pre id=\"told\"></pre><script>\
             const all = []; addEventListener(\"message\", (event) => {{ all.push(event.data); \
             document.querySelector(\"#told\").textContent = JSON.stringify(all); }});</script>{frames}"
        );
        let around = folder.write("around.html", around);
        let dom = self.run(&folder, &["--virtual-time-budget=60000", "--dump-dom"], &around);
        let told = dom.split("<pre id=\"told\">").nth(1).and_then(|rest| rest.split("</pre>").next());
        let told = told.unwrap_or_default().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let told: Vec<Value> = serde_json::from_str(&told).unwrap_or_else(|e| panic!("{e}: {told}"));
        let mut widths: Vec<u64> = told.iter().map(|one| one["width"].as_u64().unwrap()).collect();
        widths.sort_unstable();
        assert_eq!(widths, [390, 768, 1440], "every frame told");
        for one in &told {
            assert_eq!(one["wrong"], Value::Array(Vec::new()), "at {} px", one["width"]);
        }
    }

    /// Sheets of paper that a page is printed on.
    pub fn sheets(&self, html: &str) -> usize {
        let folder = Folder::new();
        let page = folder.write("page.html", html);
        let pdf = folder.at("page.pdf");
        let print = format!("--print-to-pdf={}", pdf.display());
        self.run(&folder, &["--no-pdf-header-footer", &print], &page);
        let text = String::from_utf8_lossy(&std::fs::read(&pdf).unwrap()).into_owned();
        text.matches("/Type /Page\n").count()
    }

    fn run(&self, folder: &Folder, arguments: &[&str], page: &Path) -> String {
        let output = Command::new(&self.0)
            // A profile of its own: another browser may be at work.
            .arg(format!("--user-data-dir={}", folder.at("profile").display()))
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--allow-file-access-from-files", "--window-size=1500,900"])
            .args(arguments)
            .arg(format!("file://{}", page.display()))
            .stdin(Stdio::null())
            .output()
            .expect("the browser runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

//! Which GPUs there are, and choosing one. wgpu's own helper panics where a name does not match,
//! so the choice is made here.

use std::path::Path;

use super::super::error::EngineError;

/// What a report and `doctor` say of an adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterSummary {
    /// Position in the list, for `--gpu`.
    pub index: usize,
    /// The adapter's name.
    pub name: String,
    /// Driver name and version.
    pub driver: String,
    /// Vulkan, Metal or DX12.
    pub backend: String,
    /// PCI address, where the driver tells it.
    pub pci: Option<String>,
    /// Whether the "GPU" is a program on the CPU.
    pub software: bool,
    /// Bytes one storage binding may have.
    pub max_binding_bytes: u64,
    /// Bytes one buffer may have.
    pub max_buffer_bytes: u64,
}

impl std::fmt::Display for AdapterSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {} ({}", self.index, self.name, self.backend)?;
        if let Some(pci) = &self.pci {
            write!(f, ", PCI {pci}")?;
        }
        f.write_str(if self.software { ", software)" } else { ")" })
    }
}

fn summary(index: usize, adapter: &wgpu::Adapter) -> AdapterSummary {
    let info = adapter.get_info();
    let limits = adapter.limits();
    AdapterSummary {
        index,
        name: info.name,
        driver: [info.driver, info.driver_info].join(" ").trim().to_owned(),
        backend: info.backend.to_string(),
        pci: Some(info.device_pci_bus_id).filter(|pci| !pci.is_empty()),
        software: info.device_type == wgpu::DeviceType::Cpu,
        max_binding_bytes: limits.max_storage_buffer_binding_size,
        max_buffer_bytes: limits.max_buffer_size,
    }
}

fn enumerate() -> Vec<(AdapterSummary, wgpu::Adapter)> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(descriptor);
    pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY))
        .into_iter()
        .enumerate()
        .map(|(index, adapter)| (summary(index, &adapter), adapter))
        .collect()
}

/// Whether this machine can have a GPU in hardware at all. On Linux each has a file under `/dev`:
/// where there is none, no driver need be loaded. That saves 30 to 80 ms of every start, and what
/// software drivers say on stderr where there is no screen.
pub(in super::super) fn hardware_is_possible() -> bool {
    !cfg!(target_os = "linux") || has_gpu_file(Path::new("/dev"))
}

/// Render nodes of the kernel, NVIDIA's, Arm's and Qualcomm's own drivers, and Windows' GPU in WSL.
fn has_gpu_file(dev: &Path) -> bool {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    const OWN: [&str; 4] = ["nvidia", "mali", "kgsl", "dxg"];
    names(dev).iter().any(|name| OWN.iter().any(|own| name.starts_with(own)))
        || names(&dev.join("dri")).iter().any(|name| name.starts_with("renderD"))
}

/// Every adapter the drivers offer, hardware or software.
pub fn list() -> Vec<AdapterSummary> {
    enumerate().into_iter().map(|(summary, _)| summary).collect()
}

/// Domain, bus, device and function of a PCI address, however many zeros lead them: `nvidia-smi` writes four more than drivers do.
fn pci_address(text: &str) -> Option<[u32; 4]> {
    let (bus_and_device, function) = text.rsplit_once('.')?;
    let mut parts = bus_and_device.split(':').chain([function]).map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(part, 16).ok().filter(|_| digits)
    });
    let address = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(address)
}

/// Whether `selector` names this adapter: its index, its PCI address, or a part of its name.
fn matches(selector: &str, adapter: &AdapterSummary) -> bool {
    let selector = selector.to_lowercase();
    let address = pci_address(&selector);
    selector.parse() == Ok(adapter.index)
        || (address.is_some() && adapter.pci.as_deref().and_then(pci_address) == address)
        || (selector.parse::<usize>().is_err() && adapter.name.to_lowercase().contains(&selector))
}

/// The position of the adapter to take: the first that `selector` names or, without one, the
/// first that is hardware (discrete before integrated).
fn choose(selector: Option<&str>, adapters: &[AdapterSummary]) -> Option<usize> {
    match selector {
        Some(selector) => adapters.iter().position(|a| matches(selector, a)),
        None => adapters.iter().position(|a| !a.software),
    }
}

pub(super) fn select(selector: Option<&str>) -> Result<(AdapterSummary, wgpu::Adapter), EngineError> {
    let mut adapters = enumerate();
    // Stable: a discrete GPU first, then in the drivers' order.
    adapters.sort_by_key(|(_, adapter)| match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        _ => 3,
    });
    let summaries: Vec<AdapterSummary> = adapters.iter().map(|(summary, _)| summary.clone()).collect();
    match choose(selector, &summaries) {
        Some(position) => Ok(adapters.swap_remove(position)),
        None => Err(EngineError::NoAdapter {
            wanted: match selector {
                Some(selector) => format!("matches \"{selector}\""),
                None => "in hardware is there (a software adapter must be named with --gpu)".to_owned(),
            },
            found: match summaries.as_slice() {
                [] => "none".to_owned(),
                some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(index: usize, name: &str, pci: &str, software: bool) -> AdapterSummary {
        AdapterSummary {
            index,
            name: name.to_owned(),
            driver: String::new(),
            backend: "Vulkan".to_owned(),
            pci: Some(pci.to_owned()).filter(|p| !p.is_empty()),
            software,
            max_binding_bytes: 0,
            max_buffer_bytes: 0,
        }
    }

    #[test]
    fn software_is_taken_only_by_name() {
        let found =
            [adapter(0, "llvmpipe (LLVM 15)", "", true), adapter(1, "NVIDIA H100", "0000:3b:00.0", false)];
        assert_eq!(choose(None, &found), Some(1));
        assert_eq!(choose(None, &found[..1]), None);
        assert_eq!(choose(Some("LLVMpipe"), &found), Some(0));
        assert_eq!(choose(Some("0000:3B:00.0"), &found), Some(1));
        assert_eq!(choose(Some("1"), &found), Some(1));
        assert_eq!(choose(Some("Radeon"), &found), None);
    }

    #[test]
    fn an_address_is_the_same_with_more_zeros_and_in_capitals() {
        let found = [
            adapter(0, "NVIDIA H100", "0000:3b:00.0", false),
            adapter(1, "NVIDIA H100", "0001:3b:00.0", false),
            adapter(2, "NVIDIA H100", "", false),
        ];
        let chosen = |selector| choose(Some(selector), &found);
        for (selector, index) in [
            ("00000000:3B:00.0", Some(0)),
            ("0000:3b:00.0", Some(0)),
            ("0:3B:0.0", Some(0)),
            ("00000001:3B:00.0", Some(1)),
            ("0000:3b:00.1", None),
            ("0000:b3:00.0", None),
            ("3b:00.0", None),
            ("0000:3b:00.0.0", None),
            ("0000:+3b:00.0", None),
            (":3b:00.0", None),
        ] {
            assert_eq!(chosen(selector), index, "{selector}");
        }
    }

    #[test]
    fn gpus_are_known_by_their_files() {
        let dev = tempfile::tempdir().unwrap();
        assert!(!has_gpu_file(&dev.path().join("missing")));
        std::fs::create_dir(dev.path().join("dri")).unwrap();
        // A screen without a renderer, as virtual machines have.
        for name in ["null", "dri/card0"] {
            std::fs::write(dev.path().join(name), "").unwrap();
        }
        assert!(!has_gpu_file(dev.path()));
        for name in ["dri/renderD128", "nvidia0", "mali0", "kgsl-3d0", "dxg"] {
            let file = dev.path().join(name);
            std::fs::write(&file, "").unwrap();
            assert!(has_gpu_file(dev.path()), "{name}");
            std::fs::remove_file(file).unwrap();
        }
    }

    #[test]
    fn an_index_does_not_match_a_digit_in_a_name() {
        let found = [adapter(0, "Card 5", "", false)];
        assert_eq!(choose(Some("5"), &found), None);
    }
}

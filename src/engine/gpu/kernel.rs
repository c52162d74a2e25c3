//! A WGSL program and one run of it.

use super::super::grid::{Element, Grid};
use crate::geometry::Size;

/// Invocations of one workgroup along x and y in every kernel that works on pixels.
pub const TILE: u32 = 16;
/// Invocations of one workgroup in every kernel that works on a list.
pub const LINE: u32 = 256;
/// Workgroups WebGPU guarantees along one dimension.
const MAX_GROUPS: u32 = 65_535;

/// A WGSL program: `shaders/<name>.wgsl`, with what it shares with others in front.
#[derive(Debug)]
pub struct Kernel {
    /// The operator's name; the shader's file name.
    pub name: &'static str,
    /// The WGSL text.
    pub source: &'static str,
}

/// One run of one entry point of a kernel: parameters, constants, bindings, extent.
#[derive(Debug)]
pub(crate) struct Dispatch<'a> {
    pub(super) kernel: &'static Kernel,
    pub(super) entry: &'static str,
    pub(super) constants: Vec<(&'static str, f64)>,
    pub(super) params: Option<Vec<u8>>,
    pub(super) bindings: Vec<(u32, &'a wgpu::Buffer)>,
    pub(super) groups: [u32; 3],
}

impl<'a> Dispatch<'a> {
    pub(crate) fn new(kernel: &'static Kernel, entry: &'static str) -> Self {
        Self { kernel, entry, constants: Vec::new(), params: None, bindings: Vec::new(), groups: [1, 1, 1] }
    }

    /// Sets a WGSL `override`. A pipeline is made for each set of values.
    pub(crate) fn constant(mut self, name: &'static str, value: f64) -> Self {
        self.constants.push((name, value));
        self
    }

    /// The uniform at binding 0.
    pub(crate) fn params<P: bytemuck::NoUninit>(mut self, params: &P) -> Self {
        self.params = Some(bytemuck::bytes_of(params).to_vec());
        self
    }

    /// Binds a plane as a storage buffer.
    pub(crate) fn bind<T: Element>(mut self, binding: u32, grid: &'a Grid<T>) -> Self {
        self.bindings.push((binding, grid.buffer()));
        self
    }

    /// One invocation a pixel.
    pub(crate) fn over(mut self, size: Size) -> Self {
        self.groups = [size.width.div_ceil(TILE), size.height.div_ceil(TILE), 1];
        self
    }

    /// One invocation an entry of a list; the kernel folds x and y.
    pub(crate) fn over_list(mut self, len: usize) -> Self {
        let groups = len.div_ceil(LINE as usize).max(1) as u32;
        let x = groups.min(MAX_GROUPS);
        self.groups = [x, groups.div_ceil(x), 1];
        self
    }

    /// So many workgroups.
    pub(crate) fn groups(mut self, x: u32, y: u32) -> Self {
        self.groups = [x, y, 1];
        self
    }
}

//! Many files, large files, and more events than the system keeps.

use super::*;

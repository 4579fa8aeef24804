//! Tables in Markdown.

/// Returns the median; the upper one of two.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns a table with a title; the first column has names, the others figures.
pub fn table(title: &str, head: &[String], rows: impl Iterator<Item = (String, Vec<String>)>) -> String {
    let rows: Vec<_> = rows.collect();
    let width = |text: &str| text.chars().count();
    let first = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let widths: Vec<_> = (0..head.len())
        .map(|n| rows.iter().map(|(_, cells)| width(&cells[n])).chain([width(&head[n])]).max().unwrap_or(0))
        .collect();
    let line = |name: &str, cells: &[String]| {
        let cells: String =
            cells.iter().zip(&widths).map(|(cell, &width)| format!(" {cell:>width$} |")).collect();
        format!("| {name:first$} |{cells}\n")
    };
    let rule: String = widths.iter().map(|width| format!("{}:|", "-".repeat(width + 1))).collect();
    let body: String = rows.iter().map(|(name, cells)| line(name, cells)).collect();
    format!("{title}\n\n{}|{}|{rule}\n{body}", line("", head), "-".repeat(first + 2))
}

// What can be folded: cells, from one `# %%` line to the next, and lines that are indented below another.

/** Ranges `{start, end}` of line numbers, outer ones first where they begin together. */
function foldingRanges(lines) {
  const ranges = [];
  const blocks = []; // {start, indent} of the lines that may have more below them
  let cell;
  let last = -1; // the last line with text
  const end = (start) => {
    if (last > start) ranges.push({ start, end: last });
  };
  lines.forEach((line, i) => {
    const indent = line.search(/\S/);
    if (indent < 0) return;
    while (blocks.length && blocks.at(-1).indent >= indent) end(blocks.pop().start);
    if (line.startsWith('# %%')) {
      if (cell !== undefined) end(cell);
      cell = i;
    } else {
      blocks.push({ start: i, indent });
    }
    last = i;
  });
  while (blocks.length) end(blocks.pop().start);
  if (cell !== undefined) end(cell);
  return ranges.sort((a, b) => a.start - b.start || b.end - a.end);
}

module.exports = { foldingRanges };

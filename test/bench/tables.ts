/**
 * Tables of figures, for a terminal and for a Markdown document.
 */

/** A table: its first row is the head. */
export interface Table {
  title: string;
  /** Columns that hold words; the others hold figures and are set to the right. */
  wordColumns: number;
  rows: readonly (readonly string[])[];
}

/** `rows` with their columns under each other. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  { leftColumns }: { leftColumns: number },
): string {
  const widths = columnWidths(rows);
  return rows
    .map((row) =>
      pad(row, widths, (column) => column < leftColumns)
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Tables one after the other, as text or as Markdown. */
export function formatTables(
  tables: readonly Table[],
  { markdown }: { markdown: boolean },
): string {
  return tables
    .map((table) =>
      markdown
        ? `**${table.title}**\n\n${markdownRows(table)}`
        : `${table.title}\n${alignColumns(table.rows, { leftColumns: table.wordColumns })}`,
    )
    .join("\n\n");
}

/** `value` in multiples of `base`; a dash where there is nothing to divide by. */
export function ratio(value: number, base: number | undefined): string {
  return base === undefined || base === 0 ? "–" : (value / base).toFixed(2);
}

/** As Prettier sets tables, so that a document with one in it stays formatted. */
function markdownRows({ rows, wordColumns }: Table): string {
  const [head = [], ...body] = rows;
  // Prettier's narrowest rule has three characters.
  const widths = columnWidths(rows).map((width) => Math.max(width, 3));
  const isLeft = (column: number): boolean => column < wordColumns;
  const rule = widths.map((width, column) =>
    isLeft(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [pad(head, widths, isLeft), rule, ...body.map(padded)]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

  function padded(row: readonly string[]): string[] {
    return pad(row, widths, isLeft);
  }
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
}

function pad(
  row: readonly string[],
  widths: readonly number[],
  isLeft: (column: number) => boolean,
): string[] {
  return row.map((cell, column) => {
    const width = widths[column] ?? 0;
    return isLeft(column) ? cell.padEnd(width) : cell.padStart(width);
  });
}

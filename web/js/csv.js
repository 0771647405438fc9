/* Tables for Excel and others: UTF-8 with a byte order mark, so that Excel reads Chinese, and no cell that a spreadsheet
 * would take for a formula. */

/* signaling/export/csv_writer.h does the same. A name such as "=HYPERLINK(…)" came from somebody; numbers of ours stay numbers. */
function cellText(value) {
  if (typeof value === 'number') return String(value);
  const text = String(value ?? '');
  const guarded = /^\s*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** rows: arrays of texts and numbers, the first one the heads. */
export const csvText = (rows) => `\ufeff${rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('')}`;

/** Offers it as a file. */
export function saveCsv(name, rows) {
  const url = URL.createObjectURL(new Blob([csvText(rows)], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/* Text that the page itself makes into a file. */

/* A spreadsheet would calculate what begins with these (signaling/export/csv_writer.h does the same). */
const guarded = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

export const csvOf = (rows) => `\ufeff${rows.map((row) => `${row.map((cell) => `"${guarded(String(cell)).replaceAll('"', '""')}"`).join(',')}\r\n`).join('')}`;

export function saveFile(name, text, type = 'text/csv;charset=utf-8') {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/* A table of places of which one is in the order of the Tab key: arrows go to the others. A place can hold several things, one
 * below the other, and a thing more than one button: Tab goes from the first of them to the next. */

const thingsIn = (cell) => [...(cell?.querySelectorAll('.placed, .cell:not(:disabled)') ?? [])];
const buttonOf = (thing) => (thing?.matches('button') ? thing : thing?.querySelector('button'));
const thingOf = (button) => button.closest('.placed') ?? button;

/** The thing in that direction, or null. */
function next(rows, from, [down, right]) {
  let row = rows.findIndex((cells) => cells.some((cell) => cell.contains(from)));
  if (row < 0) return null;
  let column = rows[row].findIndex((cell) => cell.contains(from));
  const here = thingsIn(rows[row][column]);
  const index = here.indexOf(from);
  if (down !== 0 && here[index + down]) return here[index + down];
  do {
    row += down;
    column += right;
  } while (rows[row]?.[column] && thingsIn(rows[row][column]).length === 0);
  const there = thingsIn(rows[row]?.[column]);
  return there[down < 0 ? there.length - 1 : 0] ?? null;
}

export function rove(table) {
  const rows = () => [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1));
  const first = thingsIn(table)[0];
  if (first) buttonOf(first).tabIndex = 0;
  table.addEventListener('focusin', (event) => {
    const thing = thingOf(event.target);
    for (const other of table.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    for (const button of thing.matches('button') ? [thing] : thing.querySelectorAll('button')) button.tabIndex = 0;
  });
  table.addEventListener('keydown', (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    buttonOf(next(rows(), thingOf(event.target), step))?.focus();
    event.preventDefault();
  });
}

/**
 * Puts a table in the place of the one that is in the frame. Who stood on a lesson stands on it again, wherever it is now, or on
 * the place that it has left.
 */
export function replaceTable(frame, table) {
  const old = frame.contains(document.activeElement) ? document.activeElement : null;
  const { entry } = old?.closest('.placed')?.dataset ?? {};
  const { day, period } = old?.closest('td')?.dataset ?? {};
  frame.replaceChildren(table);
  if (!old) return;
  const cell = `td[data-day="${day}"]`;
  const lesson = entry && (table.querySelector(`${cell} .placed[data-entry="${entry}"]`) ?? table.querySelector(`.placed[data-entry="${entry}"]`));
  const thing = lesson || thingsIn(table.querySelector(`${cell}[data-period="${period}"]`))[0] || thingsIn(table)[0];
  (buttonOf(thing) ?? document.getElementById('main')).focus();
}

/* What axe-core finds on a page that was opened with bypassCSP: as text, [] for nothing. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/* Style sheets are fetched once more for one rule that is not on (css-orientation-lock): that takes as long as all the others. */
const OPTIONS = { resultTypes: ['violations'], preload: false };

export async function violations(page) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axe);
  const { violations: found } = await page.evaluate((options) => globalThis.axe.run(options), OPTIONS);
  return found.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`);
}

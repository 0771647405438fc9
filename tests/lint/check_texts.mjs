/*
 * Both languages have the same texts with the same {places}, none is empty in one alone, and every text that the
 * pages or the player's window name exists.
 */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const problems = [];

/** "a.b" → text, whether the file nests its ids or not. */
function flatten(value, prefix = '', into = new Map()) {
  for (const [key, inner] of Object.entries(value)) {
    const id = prefix ? `${prefix}.${key}` : key;
    if (typeof inner === 'object') flatten(inner, id, into);
    else into.set(id, String(inner));
  }
  return into;
}

async function readTexts(language) {
  const file = path.join(root, 'web/i18n', `${language}.json`);
  const source = await readFile(file, 'utf8');
  const texts = flatten(JSON.parse(source));
  const keys = source.match(/^\s*"[^"]+"\s*:\s*"/gm)?.length ?? 0;
  if (keys !== texts.size) problems.push(`${language}.json: ${keys} lines but ${texts.size} texts, an id comes twice`);
  return texts;
}

const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort().join(' ');

function compare(one, other, names) {
  for (const [id, text] of one) {
    /* Nothing to say in one language is meant when there is nothing in the other either. */
    if (!text.trim() && other.get(id)?.trim()) problems.push(`${names[0]}.json: ${id} is empty`);
    if (!other.has(id)) problems.push(`${names[1]}.json: ${id} is missing`);
    else if (places(text) !== places(other.get(id))) problems.push(`${id}: the {places} differ`);
  }
}

/** Ids that pages name literally: data-t="…", data-t-label="…", t('…'). */
async function usedIds() {
  const used = new Map();
  const files = (await readdir(path.join(root, 'web'), { recursive: true }))
    .filter((name) => /\.(html|js|mjs)$/.test(name) && !name.startsWith('vendor'));
  for (const name of files) {
    const text = await readFile(path.join(root, 'web', name), 'utf8');
    for (const match of text.matchAll(/data-t(?:-[a-z]+)?="([\w.-]+)"|\bt\('([\w.-]+)'/g)) {
      used.set(match[1] ?? match[2], name);
    }
  }
  return used;
}

const chinese = await readTexts('zh-CN');
const english = await readTexts('en');
compare(chinese, english, ['zh-CN', 'en']);
compare(english, chinese, ['en', 'zh-CN']);
for (const [id, name] of await usedIds()) {
  if (!chinese.has(id)) problems.push(`web/${name}: no text ${id}`);
}
for (const problem of problems) console.log(problem);
console.log(`${chinese.size} texts, ${problems.length} problems`);
process.exit(problems.length > 0 || chinese.size === 0 ? 1 : 0);

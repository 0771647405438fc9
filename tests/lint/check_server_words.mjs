/*
 * What the server says by a code, the pages say in both languages: refusals (signaling/http/refusals.c, which
 * docs/openapi.yaml lists as well), mistakes in imported files (signaling/import/faults.c), and events of the audit log,
 * which are all over signaling. No words name a {place}
 * that the server does not fill, and none are left over from a code that is gone.
 */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const read = (file) => readFile(path.join(root, file), 'utf8');
const problems = [];
const languages = new Map();
for (const language of ['zh-CN', 'en']) languages.set(language, JSON.parse(await read(`web/i18n/${language}.json`)));

const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);

/** codes: Map of a code to the {places} that the server fills; null for any. spare: words that no code asks for. */
function hold(what, prefix, codes, spare = () => false) {
  if (codes.size === 0) problems.push(`${what}: none found`);
  for (const [language, words] of languages) {
    for (const [code, filled] of codes) {
      const text = words[prefix + code];
      if (!text) problems.push(`${language}.json: no words for ${what} ${code} (${prefix}${code})`);
      for (const place of filled ? places(text ?? '') : []) {
        if (!filled.includes(place)) problems.push(`${language}.json: ${prefix}${code}: the server does not say {${place}}`);
      }
    }
    for (const id of Object.keys(words)) {
      const code = id.slice(prefix.length);
      if (id.startsWith(prefix) && !codes.has(code) && !spare(code)) problems.push(`${language}.json: ${id}: there is no ${what} ${code}`);
    }
  }
}

/* ---- refusals ---- */

const string = '"((?:[^"\\\\]|\\\\.)*)"';
const refusals = new Map();
const rows = (await read('signaling/http/refusals.c')).matchAll(new RegExp(`\\[REFUSAL_\\w+\\] = \\{\\s*\\d+,\\s*${string},((?:\\s*${string})+)\\}`, 'g'));
for (const [, code, sentence] of rows) refusals.set(code, places(sentence));
const wanted = (await read('signaling/http/refusals.h')).match(/^ {4}REFUSAL_\w+,/gm).length - 2; /* but NONE and COUNT */
if (refusals.size !== wanted) problems.push(`refusals.c: ${refusals.size} rows of ${wanted} could be read`);
/* Values that are words themselves: refusal.use_master. */
hold('refusal', 'refusal.', refusals, (code) => /^(part|use)_/.test(code));

const listed = /^ {4}RefusalCode:\n(?: {6}\w.*\n)+((?: {6}- \w+\n)+)/m.exec(await read('docs/openapi.yaml'));
const documented = new Set(listed?.[1].match(/\w+/g));
for (const code of refusals.keys()) if (!documented.has(code)) problems.push(`openapi.yaml: RefusalCode lacks ${code}`);
for (const code of documented) if (!refusals.has(code)) problems.push(`openapi.yaml: RefusalCode has ${code}, which is none`);

const faulty = (await read('signaling/lessons/placement.c')).split('placement_fault(')[1].split('\n}')[0];
for (const [, part] of faulty.matchAll(/return "(\w+)"/g)) {
  for (const [language, words] of languages) if (!words[`refusal.part_${part}`]) problems.push(`${language}.json: no refusal.part_${part}`);
}

/* ---- mistakes in files ---- */

const faults = (await read('signaling/import/faults.c')).split('sentences[] = {')[1].split('\n};')[0];
hold('mistake in a file', 'import.fault.', new Map([...faults.matchAll(/^ {4}\{"(\w+)"/gm)].map((match) => [match[1], null])));

/* ---- events of the audit log ---- */

/* "pairing.add": literals of that form that are neither keys of settings, nor orders to relays, nor columns of SQL. */
const settings = await read('signaling/settings.c');
const orders = await read('docs/protocol-relay-link.md');
const events = new Map([['access', null], ['login', null]]);
for (const name of await readdir(path.join(root, 'signaling'), { recursive: true })) {
  if (!name.endsWith('.c') || name === 'settings.c' || name.startsWith('relays')) continue;
  for (const [, literal] of (await read(`signaling/${name}`)).matchAll(/(?<!include )"([a-z_]{2,}\.[a-z_]{2,})"/g)) {
    if (!settings.includes(`"${literal}"`) && !orders.includes(`\`${literal}\``) && !literal.startsWith('own.')) events.set(literal, null);
  }
}
if (events.size < 50) problems.push(`events of the audit log: only ${events.size} found`);
hold('event', 'audit.event.', events);
const kinds = new Map([...events.keys()].map((event) => [event.split('.')[0], null]));
hold('kind of event', 'audit.kind_', kinds);
const offered = new Set(/const KINDS = \[([^\]]*)\]/.exec(await read('web/js/audit_view.js'))[1].match(/\w+/g));
for (const kind of kinds.keys()) if (!offered.has(kind)) problems.push(`audit_view.js: KINDS lacks ${kind}`);
for (const kind of offered) if (!kinds.has(kind)) problems.push(`audit_view.js: there are no events of the kind ${kind}`);

for (const problem of problems) console.log(problem);
console.log(`${refusals.size} refusals, ${events.size} events, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);

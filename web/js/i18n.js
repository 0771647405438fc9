/* Words in two languages. Ids are shared with the player's window (web/i18n/*.json). The choice is the account's; the
 * browser remembers it for pages that nobody has logged in to. */

import { myLanguage } from './api.js';

const LANGUAGES = ['zh-CN', 'en'];
const STORAGE_KEY = 'duet-language';

let words = {};
let current = 'zh-CN';
let person = null; /* whose choice it is */
let keeping = Promise.resolve(); /* one after the other: the last choice counts */

function preferredLanguage() {
  try {
    const kept = localStorage.getItem(STORAGE_KEY);
    if (LANGUAGES.includes(kept)) return kept;
  } catch { /* storage may be blocked: the default serves */ }
  return 'zh-CN';
}

async function load(language) {
  const response = await fetch(`/i18n/${language}.json`);
  if (!response.ok) throw new Error(`/i18n/${language}.json: ${response.status}`);
  words = await response.json();
  current = language;
  document.documentElement.lang = language;
}

/** The text of an id; {name} places are filled from values. An unknown id shows itself. */
export function t(id, values = {}) {
  const text = words[id] ?? id;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The same for an id that there may be no text of. */
export const textOr = (id, otherwise, values = {}) => (id in words ? t(id, values) : otherwise);

/** Fills every element that names its text with data-t or its label with data-t-label. */
export function translatePage(root = document) {
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', t(element.dataset.tLabel));
  }
}

let show = () => {};

export const language = () => current;

async function switchTo(chosen) {
  await load(chosen);
  try { localStorage.setItem(STORAGE_KEY, current); } catch { /* kept for this page only */ }
  show();
}

/** Switches the page and keeps the choice: in the account of who is logged in, and in the browser. */
export async function chooseLanguage(chosen) {
  try {
    await switchTo(chosen);
  } catch { /* no words of it to be had: the page stays as it is, and so does what shows the choice */
    show();
    return;
  }
  if (person) keeping = keeping.then(() => myLanguage(chosen)).catch(() => { /* the browser has it */ });
}

/** Speaks the language of who is logged in (null: nobody), if they ever chose one. */
export async function useLanguageOf(whoever) {
  person = whoever;
  const chosen = person?.language;
  if (chosen && chosen !== current) await switchTo(chosen);
}

/* Without words a page has nothing to say but this. */
function showWordless() {
  const text = document.createElement('p');
  text.className = 'error wordless';
  text.setAttribute('role', 'alert');
  text.textContent = '连接不上服务器，请检查网络后刷新页面。 The server cannot be reached; check the network and reload the page.';
  document.body.prepend(text);
}

/** Loads the words, fills the page and wires the language button; onChange runs after each switch. */
export async function startLanguage(onChange = () => {}) {
  await load(preferredLanguage()).catch((error) => {
    showWordless();
    throw error;
  });
  const button = document.getElementById('language');
  show = () => {
    translatePage();
    button.textContent = t('common.other_language');
    onChange();
  };
  button.addEventListener('click', () => chooseLanguage(LANGUAGES.find((other) => other !== current)));
  show();
}

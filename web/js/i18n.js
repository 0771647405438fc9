/* Words in two languages. Ids are shared with the player's window (web/i18n/*.json). */

const LANGUAGES = ['zh-CN', 'en'];
const STORAGE_KEY = 'duet-language';

let words = {};
let current = 'zh-CN';

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

/** Why the server refused, in the page's language where the status says enough. */
export function refusal(error) {
  return words[`refused.${error.status}`] ?? error.message;
}

/** Fills every element that names its text with data-t or its label with data-t-label. */
export function translatePage(root = document) {
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', t(element.dataset.tLabel));
  }
}

let show = () => {};

export const language = () => current;

/** Switches the page and keeps the choice in the browser. */
export async function chooseLanguage(chosen) {
  await load(chosen);
  try { localStorage.setItem(STORAGE_KEY, current); } catch { /* kept for this page only */ }
  show();
}

/** Loads the words, fills the page and wires the language button; onChange runs after each switch. */
export async function startLanguage(onChange = () => {}) {
  await load(preferredLanguage());
  const button = document.getElementById('language');
  show = () => {
    translatePage();
    button.textContent = t('common.other_language');
    onChange();
  };
  button.addEventListener('click', () => chooseLanguage(LANGUAGES.find((other) => other !== current)));
  show();
}
